// Finds out whether the generated files are there, and what they ought to be.
import { ROOT } from './page.js';

export const SAMPLES = new URL('samples/', ROOT);

/**
 * @typedef {{ name: string, size: number, sha256: string }} SampleFile
 * @returns {Promise<Map<string, SampleFile> | { missing: string }>}
 */
export async function loadManifest() {
  let response;
  try {
    response = await fetch(new URL('manifest.json', SAMPLES), { cache: 'no-cache' });
  } catch {
    return { missing: 'The server did not answer. Is it still running?' };
  }
  if (response.status === 404) {
    return {
      missing:
        'The sample files are not there yet, so three examples are hidden. “npm start” generates them (about 72 MiB, in public/samples) and then starts the server.',
    };
  }
  if (!response.ok) return { missing: `samples/manifest.json answered ${response.status}.` };
  try {
    const { files } = await response.json();
    return new Map(files.map((file) => [file.name, file]));
  } catch {
    return { missing: 'samples/manifest.json can’t be read. “npm start” generates it anew.' };
  }
}
