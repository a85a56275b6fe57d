/** The JSON of the HTTP interface, as schemas: what is taken is checked by them, and what is answered is described by them. */
import { z } from 'zod';

const deadline = z.iso.datetime().nullable().describe('When the file is gone; null for never.');
const url = z.string().describe('Where the file is served: a path, or an absolute URL.');

/** A stored file, as uploads and changes of a deadline answer it. */
export const fileSchema = z
  .strictObject({
    namespace: z.string(),
    path: z.string().describe('Canonical, without a slash at its beginning.'),
    size: z.int().nonnegative().describe('Bytes.'),
    contentType: z.string(),
    etag: z.string(),
    url,
    expires: deadline,
  })
  .meta({ id: 'StoredFile' });

/** Answer to a form. */
export const uploadSchema = z
  .strictObject({ files: z.array(fileSchema).describe('In the order of the form.') })
  .meta({ id: 'Upload' });

/** A file or directory in a listing. */
export const entrySchema = z
  .strictObject({
    name: z.string(),
    path: z.string(),
    isDir: z.boolean(),
    size: z.int().nonnegative().describe('Bytes; 0 for a directory.'),
    modified: z.iso.datetime(),
    url,
    expires: deadline,
  })
  .meta({ id: 'Entry' });

/** A page of a listing. */
export const pageSchema = z
  .strictObject({
    entries: z.array(entrySchema).describe('In the order of the code points of their names.'),
    cursor: z.string().nullable().describe('Asks for what follows; null when nothing does.'),
  })
  .meta({ id: 'Page' });

const amount = z.number().nonnegative().optional();

/** Body of a PATCH. */
export const deadlineChangeSchema = z
  .strictObject({
    seconds: amount.describe('Seconds from now; the sum of both counts.'),
    days: amount.describe('Days of 24 hours from now.'),
    expires: z.boolean().optional().describe('false makes the file permanent.'),
  })
  .meta({ id: 'DeadlineChange' });

/** An error (RFC 9457). */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional().describe('One sentence for whoever reads it.'),
  })
  .meta({ id: 'Problem' });
