/** What several filesystems can promise together. */
import type { Meta } from '../fs/capabilities.js';

/** @param metas at least one */
export function commonMeta(metas: readonly Meta[]): Meta {
  const all = (has: (meta: Meta) => boolean): boolean => metas.every(has);
  const some = (has: (meta: Meta) => boolean): boolean => metas.some(has);
  return {
    caseInsensitive: some((meta) => meta.caseInsensitive),
    network: some((meta) => meta.network),
    readOnly: all((meta) => meta.readOnly),
    setTimes: all((meta) => meta.setTimes),
    sysPath: all((meta) => meta.sysPath),
    links: some((meta) => meta.links),
    contentType: all((meta) => meta.contentType),
    filename: all((meta) => meta.filename),
    removeBatch: Math.min(...metas.map((meta) => meta.removeBatch)),
    removeTellsMissing: all((meta) => meta.removeTellsMissing),
    realDirectories: all((meta) => meta.realDirectories),
    // From one mount to another a move is a copy and a removal.
    atomicRename: metas.length === 1 && all((meta) => meta.atomicRename),
    createOnly: all((meta) => meta.createOnly),
    makesParents: all((meta) => meta.makesParents),
  };
}
