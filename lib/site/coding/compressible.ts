/**
 * Which media types are worth compressing: text, whatever it is called, and a few formats that leave that to
 * others. Pictures, sounds, archives and what is not known are not.
 */

const TEXT = /^text\/|^[a-z]+\/[^; ]*\+(?:json|xml|text|yaml)(?:;|$)/;

/** As mime-db has it, but for disk images, octet streams and other things that may hold anything. */
const OTHERS: ReadonlySet<string> = new Set([
  'application/ecmascript',
  'application/javascript',
  'application/json',
  'application/json5',
  'application/jsonml+json',
  'application/n-triples',
  'application/postscript',
  'application/rtf',
  'application/sql',
  'application/toml',
  'application/vnd.dart',
  'application/vnd.ms-fontobject',
  'application/wasm',
  'application/x-httpd-php',
  'application/x-javascript',
  'application/x-ndjson',
  'application/x-ns-proxy-autoconfig',
  'application/x-sh',
  'application/x-tar',
  'application/xml',
  'application/xml-dtd',
  'font/otf',
  'font/ttf',
  'image/bmp',
  'image/vnd.microsoft.icon',
  'image/x-icon',
  'image/x-ms-bmp',
  'message/rfc822',
  'model/gltf-binary',
]);

/** Whether content of this type, with or without parameters, usually becomes much smaller. */
export function isCompressible(type: string): boolean {
  if (TEXT.test(type)) return true;
  const semicolon = type.indexOf(';');
  return OTHERS.has(semicolon === -1 ? type : type.slice(0, semicolon));
}
