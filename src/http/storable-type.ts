import { isActiveContent, mediaTypeOfName } from '../path/media-type.js';
import type { Exchange } from './exchange.js';

/**
 * The media type to store with an upload, of what its sender said. A storage
 * that delivers by itself would let a browser run whatever is stored as HTML,
 * and we see to that by the name alone: so there a type that a browser runs is
 * taken from nobody but the name.
 */
export function storableType(
  { service }: Exchange,
  name: string,
  declared: string | undefined,
): string | undefined {
  if (declared === undefined || !service.presigns || !isActiveContent(declared)) return declared;
  return isActiveContent(mediaTypeOfName(name)) ? declared : undefined;
}
