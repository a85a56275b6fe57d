/** Whether the options of `NamespaceFS` that no other filesystem has are of the types that they say. */
import type { FindOptions } from '../expirations/expiration-store.js';
import { optionsChecker } from '../fs/derived/option-types.js';
import type { PathCheck, UrlOptions } from './namespace-options.js';

/** Check the options of `remove` and `expire`. @throws TypeError */
export const checkPathCheck = optionsChecker<PathCheck>({ check: 'function' });

/** Check the options of `getExpirations`. @throws TypeError */
export const checkFindOptions = optionsChecker<FindOptions>({ recent: 'boolean' });

/** Check those options of `getUrl` of which only the type matters. @throws TypeError */
export const checkUrlOptions = optionsChecker<Pick<UrlOptions, 'download'>>({ download: 'boolean | string' });
