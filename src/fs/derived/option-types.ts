/**
 * Whether the options of a method are of the types that they say; shared by the
 * backends, so that all refuse the same. An option of the wrong type is a slip
 * that must not mean something: `overwrite: 'false'` is neither yes nor no.
 *
 * Writes are hot, so this only asks for types. What a number or a name must be
 * like is checked where it is used; a media type here, as it is kept unseen.
 */
import { checkMediaType } from '../../path/media-type.js';
import type { MakeDirOptions, PublishOptions, StageOptions, WriteOptions } from '../essentials.js';
import type { RemoveManyOptions } from '../staged-file.js';
import type { CopyDirOptions, CopyOptions, MoveTransferOptions } from '../transfer-options.js';
import type { ScanTreeOptions } from '../tree-options.js';

type OptionType = 'boolean' | 'number' | 'string' | 'boolean | string' | 'function' | 'AbortSignal';

/** Every option of `T`, with its type. */
type OptionTypes<T> = { readonly [K in keyof Required<T>]: OptionType };

const CALLED: Readonly<Record<OptionType, string>> = {
  boolean: 'true or false',
  number: 'a number',
  string: 'a string',
  'boolean | string': 'true, false or a string',
  function: 'a function',
  AbortSignal: 'an AbortSignal',
};

/** @throws TypeError neither an object nor left out; a list is none, as it has nothing by name */
export function checkObject(name: string, value: unknown): void {
  if (value === undefined || (typeof value === 'object' && value !== null && !Array.isArray(value))) return;
  throw new TypeError(`${name} must be an object, not ${nameOf(value)}`);
}

/** @returns what throws a `TypeError` that names the first option of the wrong type; one that is undefined is left out */
export function optionsChecker<T extends object>(types: OptionTypes<T>): (options: T | undefined) => void {
  const wanted = Object.entries(types) as [keyof T & string, OptionType][];
  return (options) => {
    checkObject('options', options);
    if (options === undefined) return;
    for (const [name, type] of wanted) {
      const value: unknown = options[name];
      if (value === undefined || isOfType(value, type)) continue;
      throw new TypeError(`${name} must be ${CALLED[type]}, not ${nameOf(value)}`);
    }
  };
}

function isOfType(value: unknown, type: OptionType): boolean {
  if (type === 'AbortSignal') return isAbortSignal(value);
  return type === 'boolean | string' ? ['boolean', 'string'].includes(typeof value) : typeof value === type;
}

/** As far as it is used: it may come from another realm, or be a polyfill's. */
function isAbortSignal(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { aborted, throwIfAborted, addEventListener, removeEventListener } = value as Partial<AbortSignal>;
  const methods = [throwIfAborted, addEventListener, removeEventListener];
  return typeof aborted === 'boolean' && methods.every((method) => typeof method === 'function');
}

function nameOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'string' ? 'a string' : typeof value;
}

const publishTypes: OptionTypes<PublishOptions> = { overwrite: 'boolean', assumeClear: 'boolean' };
const stageTypes: OptionTypes<StageOptions> = {
  contentType: 'string',
  filename: 'string',
  signal: 'AbortSignal',
  final: 'boolean',
};

/** Check the options of `makeDir`. @throws TypeError */
export const checkMakeDirOptions = optionsChecker<MakeDirOptions>({
  recreate: 'boolean',
  assumeClear: 'boolean',
});

/** With `contentType` being one. */
function contentChecker<T extends StageOptions>(types: OptionTypes<T>): (options: T | undefined) => void {
  const check = optionsChecker<T>(types);
  return (options) => {
    check(options);
    if (options?.contentType !== undefined) checkMediaType(options.contentType);
  };
}

/** Check the options of `write`. @throws TypeError */
export const checkWriteOptions = contentChecker<WriteOptions>({ ...publishTypes, ...stageTypes });

/** Check the options of `stage`. @throws TypeError */
export const checkStageOptions = contentChecker<StageOptions>(stageTypes);

/** Check the options of `StagedFile.publish`. @throws TypeError */
export const checkPublishOptions = optionsChecker<PublishOptions>(publishTypes);

/** Check the options of `copy` and `move`. @throws TypeError */
export const checkCopyOptions = optionsChecker<CopyOptions>({
  overwrite: 'boolean',
  preserveTime: 'boolean',
});

/** Check the options of `copyDir` and `moveDir`. @throws TypeError */
export const checkCopyDirOptions = optionsChecker<CopyDirOptions>({
  create: 'boolean',
  preserveTime: 'boolean',
});

/** Check the options of `removeMany`. @throws TypeError */
export const checkRemoveManyOptions = optionsChecker<RemoveManyOptions>({ assumePresent: 'boolean' });

/** Check the options of `scanTree`. @throws TypeError */
export const checkScanTreeOptions = optionsChecker<ScanTreeOptions>({
  enter: 'function',
  sparse: 'boolean',
  tolerate: 'function',
});

/** Check what all transfers between two filesystems are told. @throws TypeError */
export const checkTransferOptions = optionsChecker<MoveTransferOptions>({
  preserveTime: 'boolean',
  concurrency: 'number',
  signal: 'AbortSignal',
  onProgress: 'function',
});
