/**
 * Files in the memory of this process: the reference backend, by which the
 * conformance suite was written, and a fast one for tests.
 *
 * Every change of the tree happens between two awaits, so it is atomic by
 * itself. The bytes of a file are never changed once stored: a write brings
 * new ones, a reader keeps those that it began with, a copy shares them.
 */
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  DestinationExists,
  DirectoryExists,
  DirectoryExpected,
  DirectoryNotEmpty,
  FileExists,
  FileExpected,
  IllegalDestination,
  RemoveRootError,
  ResourceNotFound,
} from '../../errors/errors.js';
import type { Meta } from '../../fs/capabilities.js';
import { plainMeta } from '../../fs/capabilities.js';
import {
  checkCopyOptions,
  checkMakeDirOptions,
  checkPublishOptions,
  checkStageOptions,
} from '../../fs/derived/option-types.js';
import { stagesPastWrite } from '../../fs/derived/overrides.js';
import { checkRange } from '../../fs/derived/range.js';
import { beforeReading, chunksOf } from '../../fs/derived/source.js';
import { checkTimes } from '../../fs/derived/times.js';
import { writeStaged } from '../../fs/derived/write-staged.js';
import type {
  InfoChanges,
  MakeDirOptions,
  PublishOptions,
  ReadOptions,
  StageOptions,
  WriteOptions,
  WriteSource,
} from '../../fs/essentials.js';
import type { CopyOptions } from '../../fs/filesystem.js';
import { Filesystem } from '../../fs/filesystem.js';
import type { Info } from '../../fs/info.js';
import type { StagedFile } from '../../fs/staged-file.js';
import { keptFilename } from '../../path/content-disposition.js';
import { basename, compareCodePoints, dirname, joinPath } from '../../path/parts.js';

const READ_CHUNK_BYTES = 65_536;

const meta: Meta = { ...plainMeta, setTimes: true, contentType: true, filename: true, atomicRename: true };

interface Times {
  readonly created: number;
  modified: number;
  accessed: number;
}

interface FileNode extends Times {
  readonly isDir: false;
  readonly content: Buffer;
  readonly contentType: string | undefined;
  /** As it was given; told where the path says another. */
  readonly filename: string | undefined;
  readonly etag: string;
}

interface DirectoryNode extends Times {
  readonly isDir: true;
  readonly children: Map<string, Node>;
}

type Node = FileNode | DirectoryNode;

/**
 * A filesystem in memory; gone with the process.
 * @example
 * const files = new MemoryFS();
 * await files.writeText('hello.txt', 'hello');
 */
export class MemoryFS extends Filesystem {
  #root = newDirectory();
  readonly #instance = randomBytes(6).toString('base64url');
  #writes = 0;

  override async getInfo(path: string): Promise<Info> {
    const target = this.validatePath(path);
    return infoOf(target, this.#need(target));
  }

  override async *scanDir(path: string): AsyncIterable<Info> {
    const target = this.validatePath(path);
    const { children } = this.#needDirectory(target);
    for (const name of [...children.keys()].sort(compareCodePoints)) {
      const child = children.get(name);
      if (child !== undefined) yield infoOf(joinPath(target, name), child);
      this.checkOpen();
    }
  }

  override async makeDir(path: string, options: MakeDirOptions = {}): Promise<void> {
    checkMakeDirOptions(options);
    const target = this.validatePath(path);
    const there = this.#find(target);
    if (there?.isDir && options.recreate === true) return;
    if (there !== undefined) throw new DirectoryExists(target);
    this.#attach(target, newDirectory());
  }

  override async openRead(path: string, options?: ReadOptions): Promise<Readable> {
    const target = this.validatePath(path);
    const { start, end } = checkRange(options);
    return Readable.from(slices(this.#needFile(target).content.subarray(start, end + 1)), {
      objectMode: false,
      highWaterMark: READ_CHUNK_BYTES,
    });
  }

  override write(path: string, source: WriteSource, options?: WriteOptions): Promise<Info> {
    return writeStaged(this, path, source, options);
  }

  override async stage(path: string, source: WriteSource, options: StageOptions = {}): Promise<StagedFile> {
    const prepare = () => {
      checkStageOptions(options);
      return this.validatePath(path);
    };
    await beforeReading(source, prepare, options?.signal);
    const chunks: Buffer[] = [];
    for await (const chunk of chunksOf(source, options.signal)) chunks.push(chunk);
    const content = Buffer.concat(chunks);
    return {
      size: content.length,
      ...(stagesPastWrite(this, MemoryFS.prototype) && { content: () => content }),
      publish: async (target, how) =>
        this.#publish(this.validatePath(target), this.#newFile(content, options), how),
      discard: async () => undefined, // Bytes that nobody points at are gone by themselves.
    };
  }

  override async remove(path: string): Promise<void> {
    this.#remove(this.validatePath(path));
  }

  override async removeDir(path: string): Promise<void> {
    const target = this.validatePath(path);
    if (target === '') throw new RemoveRootError();
    if (this.#needDirectory(target).children.size > 0) throw new DirectoryNotEmpty(target);
    this.#detach(target);
  }

  override async removeTree(path: string): Promise<void> {
    const target = this.validatePath(path);
    const { children } = this.#needDirectory(target);
    if (target === '') children.clear();
    else this.#detach(target);
  }

  override async setInfo(path: string, changes: InfoChanges): Promise<void> {
    const target = this.validatePath(path);
    checkTimes(changes);
    const node = this.#need(target);
    if (changes.modified !== undefined) node.modified = changes.modified.getTime();
    if (changes.accessed !== undefined) node.accessed = changes.accessed.getTime();
  }

  override async copy(source: string, destination: string, options: CopyOptions = {}): Promise<void> {
    const from = this.validatePath(source);
    const to = this.validatePath(destination);
    this.#checkDestination(to, options);
    if (from === to) throw new IllegalDestination(to);
    const file = this.#needFile(from);
    const copy = this.#newFile(file.content, file);
    if (options.preserveTime === true) copy.modified = file.modified;
    this.#attach(to, copy);
  }

  override async move(source: string, destination: string, options: CopyOptions = {}): Promise<void> {
    const from = this.validatePath(source);
    const to = this.validatePath(destination);
    this.#checkDestination(to, options);
    const file = this.#needFile(from);
    if (from === to) return;
    this.#attach(to, options.preserveTime === false ? { ...file, modified: Date.now() } : file);
    this.#detach(from);
  }

  override getMeta(): Meta {
    return meta;
  }

  /** Forgets all files, as nothing could reach them any more. */
  override async close(): Promise<void> {
    await super.close();
    this.#root = newDirectory();
  }

  #newFile(
    content: Buffer,
    { contentType, filename }: Partial<Pick<FileNode, 'contentType' | 'filename'>>,
  ): FileNode {
    this.#writes++;
    return {
      isDir: false,
      content,
      contentType,
      filename,
      etag: `"${this.#instance}-${this.#writes.toString(36)}"`,
      ...timesFrom(Date.now()),
    };
  }

  #publish(path: string, file: FileNode, options: PublishOptions = {}): Info {
    checkPublishOptions(options);
    if (path === '') throw new FileExpected(path);
    const there = this.#find(path);
    if (there?.isDir) throw new FileExpected(path);
    if (there !== undefined && options.overwrite === false) throw new FileExists(path);
    this.#attach(path, file);
    return infoOf(path, file);
  }

  #checkDestination(path: string, options: CopyOptions): void {
    checkCopyOptions(options);
    const there = this.#find(path);
    if (there === undefined) return;
    if (options.overwrite !== true) throw new DestinationExists(path);
    if (there.isDir) throw new FileExpected(path);
  }

  #remove(path: string): void {
    this.#needFile(path);
    this.#detach(path);
  }

  #find(path: string): Node | undefined {
    let node: Node | undefined = this.#root;
    if (path === '') return node;
    for (const name of path.split('/')) {
      if (node === undefined || !node.isDir) return undefined;
      node = node.children.get(name);
    }
    return node;
  }

  #need(path: string): Node {
    const node = this.#find(path);
    if (node === undefined) throw new ResourceNotFound(path);
    return node;
  }

  #needFile(path: string): FileNode {
    const node = this.#need(path);
    if (node.isDir) throw new FileExpected(path);
    return node;
  }

  #needDirectory(path: string): DirectoryNode {
    const node = this.#need(path);
    if (!node.isDir) throw new DirectoryExpected(path);
    return node;
  }

  /** The directory that a new entry at `path` goes to. */
  #parentFor(path: string): DirectoryNode {
    let node: Node | undefined = this.#root;
    let walked = '';
    for (const name of dirname(path).split('/').filter(Boolean)) {
      node = node.children.get(name);
      walked = joinPath(walked, name);
      if (node === undefined) throw new ResourceNotFound(path);
      if (!node.isDir) throw new DirectoryExpected(walked);
    }
    return node;
  }

  #attach(path: string, node: Node): void {
    const parent = this.#parentFor(path);
    parent.children.set(basename(path), node);
    parent.modified = Date.now();
  }

  #detach(path: string): void {
    const parent = this.#needDirectory(dirname(path));
    parent.children.delete(basename(path));
    parent.modified = Date.now();
  }
}

function newDirectory(): DirectoryNode {
  return { isDir: true, children: new Map(), ...timesFrom(Date.now()) };
}

function timesFrom(now: number): Times {
  return { created: now, modified: now, accessed: now };
}

function infoOf(path: string, node: Node): Info {
  const { isDir, created, modified, accessed } = node;
  const times = {
    created: new Date(created),
    modified: new Date(modified),
    accessed: new Date(accessed),
  };
  const base = { name: basename(path), path, isDir, size: 0, ...times };
  if (node.isDir) return base;
  const { etag, contentType } = node;
  const filename = keptFilename(node.filename, path);
  return {
    ...base,
    size: node.content.length,
    etag,
    ...(contentType === undefined ? {} : { contentType }),
    ...(filename === undefined ? {} : { filename }),
  };
}

/** Copies, so that a reader may do with its chunks what it likes. */
function* slices(content: Buffer): Generator<Buffer> {
  for (let at = 0; at < content.length; at += READ_CHUNK_BYTES) {
    yield Buffer.from(content.subarray(at, at + READ_CHUNK_BYTES));
  }
}
