/** Checking the text of a serve.json: what is wrong is told with its place, and what would be right. */
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import t from 'tap';
import { checkConfig, rulesOf } from '../../../bin/config/check.js';
import { ConfigError } from '../../../bin/config/config-error.js';
import { nearest } from '../../../bin/config/near.js';
import { SCHEMA } from '../../../bin/config/schema.js';

async function complaint(text: string): Promise<string> {
  try {
    await checkConfig(text, 'serve.json');
    return 'nothing';
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message;
  }
}

t.test('what is taken', async (t) => {
  const config = await checkConfig(
    `\ufeff{
      // Comments, and commas at ends, as in serve-handler's own examples.
      "$schema": "./serve.schema.json",
      "public": "_site", "cleanUrls": ["/app/**"], "trailingSlash": true,
      "rewrites": [{ "source": "/projects/:id/edit", "destination": "/edit-project-:id.html" },],
      "redirects": [{ "source": "/old", "destination": "/new", "type": 302 }],
      "headers": [{ "source": "404.html", "headers": [{ "key": "A", "value": null }] }],
      "directoryListing": false, "unlisted": [".DS_Store", ".git"], "renderSingle": true,
      "symlinks": true, "etag": true,
    }`,
    'serve.json',
  );
  t.equal(config.public, '_site');
  const rules = rulesOf(config);
  t.same(Object.keys(rules).sort(), [
    'cleanUrls',
    'directoryListing',
    'headers',
    'redirects',
    'renderSingle',
    'rewrites',
    'trailingSlash',
    'unlisted',
  ]);
  t.same(rules.cleanUrls, ['/app/**']);
  t.same(rulesOf(await checkConfig('{}', 'x')), { cleanUrls: true }, 'on where nothing is said');
});

t.test('what is not', async (t) => {
  for (const [text, expected] of [
    ['', 'serve.json:1:1: it is empty; it takes an object: {}'],
    ['{', 'serve.json:1:2: it is no JSON: close brace expected'],
    ['{\r\n"a" 1}', 'serve.json:2:5: it is no JSON: colon expected'],
    ['[]', 'serve.json:1:1: it is []; it takes an object'],
    ['null', 'serve.json:1:1: it is null; it takes an object'],
    [
      '{\n  "rewrite": []\n}',
      'serve.json:2:3: "rewrite" is not known here; did you mean "rewrites"?',
    ],
    ['{"cleanurls": true}', '"cleanurls" is not known here; did you mean "cleanUrls"?'],
    ['{"x": 1}', '"x" is not known here; it takes $schema, public, cleanUrls, rewrites,'],
    [
      '{"redirects": [{"from": "/a", "destination": "/b"}]}',
      'serve.json:1:16: redirects[0] has no "source"\n' +
        'serve.json:1:17: "from" is not known in redirects[0]; it takes source, destination, type',
    ],
    ['{"trailingSlash": "yes"}', ':1:19: trailingSlash is "yes"; it takes true or false'],
    ['{"cleanUrls": 1}', ':1:15: cleanUrls is 1; it takes true or false or a list'],
    [
      '{"redirects": [{"source": "/a", "destination": "/b", "type": 418}]}',
      ':1:62: redirects[0].type is 418; it takes 301, 302, 303, 307 or 308',
    ],
    ['{"rewrites": [[]]}', ':1:15: rewrites[0] is []; it takes an object'],
    ['{"public": ""}', ':1:12: public must NOT have fewer than 1 characters'],
    [`{"public": ${JSON.stringify(['x'.repeat(99)])}}`, 'public is ["xxx'],
    [
      '{"redirects": [\n {"source": "/a", "destination": "//b"}]}',
      ':2:34: redirects[0].destination: it begins with two slashes',
    ],
    ['{"headers": [{"source": "/!(a)", "headers": []}]}', ':1:25: headers[0].source: it has !('],
    ['{"etag": true, "etag": false}', ':1:16: "etag" is here twice'],
    ['{"__proto__": {"symlinks": true}}', ':1:2: "__proto__" is not known here'],
    ['{"constructor": 1}', '"constructor" is not known here'],
    ['['.repeat(100_000), 'serve.json:1:'],
    [`{"x": ${'['.repeat(3000)}${']'.repeat(3000)}}`, ':1:26: it is nested too deeply'],
    [`{"x": ${'{"a": '.repeat(30)}1${'}'.repeat(30)}}`, 'it is nested too deeply'],
  ] as const) {
    t.match(await complaint(text), expected, text.slice(0, 60));
  }
  const many = `{"unlisted": [${Array(50).fill('1').join()}]}`;
  t.equal((await complaint(many)).split('\n').length, 10, 'not all at once');
  t.notMatch(await complaint(many), /x{50}/);
  const unknown = `{${Array.from({ length: 20_000 }, (_, n) => `"k${n}": 1`).join()}}`;
  const told = (await complaint(unknown)).split('\n');
  t.match([told.length, told[0], told[9]], [10, /:1:2: "k0" is not/, /"k9" is not known/]);
  t.match(
    await complaint(`{${Array(20_000).fill('"etag": true').join()}}`),
    /"etag" is here twice/,
  );
});

t.test('names that are near', async (t) => {
  const names = ['rewrites', 'redirects', 'etag', 'public'];
  for (const [given, expected] of [
    ['rewrite', 'rewrites'],
    ['REDIRECTS', 'redirects'],
    ['redirect', 'redirects'],
    ['etags', 'etag'],
    ['publik', 'public'],
    ['', undefined],
    ['something', undefined],
    ['x'.repeat(100_000), undefined],
  ] as const) {
    t.equal(nearest(given, names), expected, given.slice(0, 20));
  }
  t.equal(nearest('a', []), undefined);
});

t.test('the schema of the package is that of the checks', async (t) => {
  const published = JSON.parse(readFileSync('serve.schema.json', 'utf8'));
  t.same(published, JSON.parse(JSON.stringify(SCHEMA)));
  t.ok(new Ajv({ allowUnionTypes: true }).validateSchema(SCHEMA));
  const { files, exports } = JSON.parse(readFileSync('package.json', 'utf8'));
  t.ok(files.includes('serve.schema.json') && files.includes('docs'));
  t.equal(exports['./serve.schema.json'], './serve.schema.json');
});

t.test('every option of the schema is in its document', async (t) => {
  const document = readFileSync('docs/serve-json.md', 'utf8');
  const { properties } = SCHEMA as { properties: object };
  for (const name of Object.keys(properties)) t.match(document, `\`${name}\``);
  // What stands there as an example can be used as it stands.
  const examples = [...document.matchAll(/```json\n(.*?)```/gs)].map(([, text]) => text as string);
  t.ok(examples.length > 0);
  for (const example of examples) t.equal(await complaint(example), 'nothing', example);
});
