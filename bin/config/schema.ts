/**
 * What may stand in a `serve.json`, as a JSON Schema: it checks files here and, as serve.schema.json, in
 * editors. What patterns and destinations hold is the business of lib/site/rules.
 */
import { LONGEST_TEXT, MOST_RULES } from '../../lib/site/rules/config.js';

const TEXT = { type: 'string', minLength: 1, maxLength: LONGEST_TEXT } as const;
const PATTERN = { ...TEXT, description: 'A path: globs such as ** and *, segments such as :id.' };
const PATTERNS = { maxItems: MOST_RULES, items: PATTERN } as const;

export const SCHEMA: object = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'serve.json',
  description: 'How a folder is served.',
  type: 'object',
  additionalProperties: false,
  properties: {
    $schema: { type: 'string', description: 'For editors.' },
    public: { ...TEXT, description: 'The folder that is served, seen from this one.' },
    cleanUrls: {
      type: ['boolean', 'array'],
      ...PATTERNS,
      description: 'Pages go by their names without .html: all, none, or those that match.',
      default: true,
    },
    rewrites: {
      type: 'array',
      maxItems: MOST_RULES,
      description: 'What answers in place of what is not there.',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['source', 'destination'],
        properties: {
          source: PATTERN,
          destination: { ...TEXT, description: 'The path of a file, with segments such as :id.' },
        },
      },
    },
    redirects: {
      type: 'array',
      maxItems: MOST_RULES,
      description: 'Where clients are sent.',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['source', 'destination'],
        properties: {
          source: PATTERN,
          destination: { ...TEXT, description: 'A path, or an http or https URL.' },
          type: { type: 'integer', enum: [301, 302, 303, 307, 308], default: 301 },
        },
      },
    },
    headers: {
      type: 'array',
      maxItems: MOST_RULES,
      description: 'Fields for some files.',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['source', 'headers'],
        properties: {
          source: PATTERN,
          headers: {
            type: 'array',
            maxItems: 100,
            items: {
              type: 'object',
              additionalProperties: false,
              required: ['key', 'value'],
              properties: {
                key: { type: 'string', minLength: 1, maxLength: 128 },
                value: {
                  type: ['string', 'null'],
                  maxLength: 4096,
                  description: 'null takes the field away.',
                },
              },
            },
          },
        },
      },
    },
    directoryListing: {
      type: ['boolean', 'array'],
      ...PATTERNS,
      description: 'Which folders may be listed: all, none, or those that match.',
      default: true,
    },
    unlisted: {
      type: 'array',
      ...PATTERNS,
      description: 'Names and paths that are left out of listings.',
    },
    trailingSlash: {
      type: 'boolean',
      description: 'Pages and folders get a slash at their end, or lose it.',
    },
    renderSingle: {
      type: 'boolean',
      description: 'A folder that holds one file only shows it.',
      default: false,
    },
    symlinks: {
      type: 'boolean',
      description: 'Symbolic links may lead out of the folder.',
      default: false,
    },
    etag: { type: 'boolean', description: 'Without effect: there always are entity tags.' },
  },
};
