/**
 * URLs of filesystems: `protocol://user:password@resource?parameters`, as
 * pyfilesystem2's `fs.opener.parse`. All parts are percent-decoded. Text without
 * `://` is a path of the operating system.
 *
 * Not WHATWG's URL: that would turn `osfs:///a/../b` or `mem://` into what nobody
 * wrote.
 */
import { InvalidPath, Unsupported } from '../errors/errors.js';

/** A URL of a filesystem in its parts. */
export interface FilesystemUrl {
  /** In lower case; `osfs` for a bare path. */
  readonly protocol: string;
  /** Null when the URL names none. */
  readonly user: string | null;
  /** A secret. Null when the URL names none. */
  readonly password: string | null;
  /** What follows the slashes, such as the path or the bucket with its prefix. */
  readonly resource: string;
  /** What follows the question mark. */
  readonly parameters: ReadonlyMap<string, string>;
}

const FORM = /^([^:/?#]*):\/\/(?:([^/?@]*)@)?([^?]*)(?:\?(.*))?$/s;
const PROTOCOL = /^[a-z][a-z0-9+.-]*$/;

/** @throws TypeError: no string; InvalidPath: not percent-encoded rightly; Unsupported: no name of a protocol before the `://` */
export function parseFilesystemUrl(url: string): FilesystemUrl {
  if (typeof url !== 'string') throw new TypeError(`the URL must be a string, not ${typeof url}`);
  const parts = FORM.exec(url);
  if (parts === null)
    return { protocol: 'osfs', user: null, password: null, resource: url, parameters: new Map() };
  const [, scheme = '', credentials, resource = '', query = ''] = parts;
  const protocol = checkProtocol(scheme.toLowerCase());
  const [user, password] = credentials === undefined ? [] : splitOnce(credentials, ':');
  return {
    protocol,
    user: user === undefined ? null : decoded(user),
    password: password === undefined ? null : decoded(password),
    resource: decoded(resource),
    parameters: new Map(
      query
        .split('&')
        .filter((pair) => pair !== '')
        .map((pair) => splitOnce(pair, '='))
        .map(([name, value = '']): [string, string] => [decoded(name), decoded(value)]),
    ),
  };
}

/** @throws Unsupported it can't be the name of a protocol */
export function checkProtocol(protocol: string): string {
  if (PROTOCOL.test(protocol)) return protocol;
  throw new Unsupported(undefined, {
    message: `no filesystem protocol can be called ${JSON.stringify(protocol.slice(0, 100))}`,
  });
}

/** The path of the operating system that `osfs` and `file` name; `file://localhost/path` names this machine as well (RFC 8089). */
export function localPathOf({ protocol, resource }: FilesystemUrl): string {
  return protocol === 'file' ? resource.replace(/^localhost(?=\/)/i, '') : resource;
}

/** Whether a parameter is on: `?create`, `?create=1` and `?create=true` are, `?create=0` and `?create=false` are not. */
export function isOn(url: FilesystemUrl, parameter: string): boolean {
  const value = url.parameters.get(parameter)?.toLowerCase();
  if (value === undefined || value === '0' || value === 'false') return false;
  if (value === '' || value === '1' || value === 'true') return true;
  throw new TypeError(`${parameter} must be true or false in the URL of a filesystem`);
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    // The URL may hold a password, so it is not told.
    throw new InvalidPath('', { message: 'the URL of the filesystem is not percent-encoded rightly', cause });
  }
}
