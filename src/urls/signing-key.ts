/**
 * The keys of signed URLs: the current one signs, older ones are still
 * accepted, so that a key can be changed without breaking the URLs that are
 * out.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** As long as what HMAC-SHA256 gives: a shorter key is weaker than the signature (RFC 2104 section 3). */
export const MIN_SECRET_BYTES = 32;

/** Whether a text is long enough, in UTF-8, to sign with. */
export function isSecret(value: string): boolean {
  return Buffer.byteLength(value) >= MIN_SECRET_BYTES;
}

export class SigningKeys {
  readonly #secrets: readonly Buffer[];

  /** @param secrets one or more; the first signs, all verify */
  constructor(secrets: readonly string[]) {
    this.#secrets = secrets.map((secret) => Buffer.from(secret));
  }

  /** HMAC-SHA256 as base64url without padding: 43 characters. */
  sign(text: string): string {
    const [current] = this.#secrets;
    if (current === undefined) throw new TypeError('there is no secret to sign with');
    return hmac(current, text);
  }

  /**
   * Whether one of the keys has signed the text. Takes the same time wherever
   * a wrong signature differs, and however many keys there are before the one.
   */
  verify(text: string, signature: string): boolean {
    const given = Buffer.from(signature);
    let valid = false;
    for (const secret of this.#secrets) {
      // Texts are compared, not what they decode to: there is one spelling of each signature.
      const expected = Buffer.from(hmac(secret, text));
      const same = given.length === expected.length && timingSafeEqual(given, expected);
      valid = same || valid;
    }
    return valid;
  }
}

/** How URLs are signed in one mayfly. */
export interface UrlSigning {
  readonly keys: SigningKeys;
  /** Files are read by signed URLs only. */
  readonly required: boolean;
}

function hmac(secret: Buffer, text: string): string {
  return createHmac('sha256', secret).update(text, 'utf8').digest('base64url');
}
