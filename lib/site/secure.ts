/**
 * The fields of `--secure`: what browsers do less of, for the sake of a site's visitors. Chosen from
 * OWASP's list of secure headers so that a site that works without them works with them; each one is given
 * a site's own way by `--header`. `X-Content-Type-Options: nosniff` is sent in any case.
 */
import type { FieldLine } from './set-fields.js';

/** What a site says of itself by `secure`. */
export interface SecureOptions {
  /**
   * Browsers come back by TLS only, for two years: `Strict-Transport-Security`. For a site with a
   * certificate that browsers trust, served by TLS; without TLS it must not be sent (RFC 6797 §7.2).
   */
  readonly transport?: boolean;
}

/**
 * - Frames: no other site may show this one in a frame, where clicks can be stolen. Both names, for
 *   browsers that know one of them. A policy that a response has already stays beside this one.
 * - Referrer-Policy: other sites learn the origin, not the path; what today's browsers do by themselves.
 *   `no-referrer` would be stricter, and breaks players and maps that want to know who embeds them.
 * - Permissions-Policy: pages may ask for the camera and the like, what they embed may not.
 * - Cross-Origin-Opener-Policy: a page of another site that opened this one can't reach into it. Windows
 *   that this one opens, to sign in or to pay, still can answer.
 * - X-Permitted-Cross-Domain-Policies: no rules for PDF and Flash readers are looked for here.
 */
const ALWAYS: readonly FieldLine[] = [
  ['Content-Security-Policy', "frame-ancestors 'self'"],
  ['X-Frame-Options', 'SAMEORIGIN'],
  ['Referrer-Policy', 'strict-origin-when-cross-origin'],
  [
    'Permissions-Policy',
    'camera=(self), display-capture=(self), geolocation=(self), microphone=(self), payment=(self), usb=(self)',
  ],
  ['Cross-Origin-Opener-Policy', 'same-origin-allow-popups'],
  ['X-Permitted-Cross-Domain-Policies', 'none'],
];

/** Of this host only: what runs below its name on other hosts is not ours to judge. */
const TRANSPORT: FieldLine = ['Strict-Transport-Security', 'max-age=63072000'];

/**
 * The field lines that `secure` stands for.
 * @param isShared whether other origins are meant to use the files: by CORS
 */
export function secureFields(options: SecureOptions, isShared: boolean): readonly FieldLine[] {
  // Who may embed images and scripts from here. Hotlinks of others end, unless files are shared on purpose.
  const resources: FieldLine = [
    'Cross-Origin-Resource-Policy',
    isShared ? 'cross-origin' : 'same-origin',
  ];
  return [...ALWAYS, resources, ...(options.transport ? [TRANSPORT] : [])];
}
