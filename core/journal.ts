import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { syncFolder } from './atomic-write.ts'
import { UserError } from './errors.ts'
import { errorCode, fileError } from './file-error.ts'

export interface Journal<Entry> {
  /** Oldest first: what was there when the journal was opened, and what was appended since. */
  readonly entries: readonly Entry[]
  /** Resolves when the entry is on the disk. Throws UserError when it could not be put there; then it is not in the journal. */
  append(entry: Entry): Promise<void>
  close(): Promise<void>
}

/**
 * Opens a journal for writing and makes the file when there is none. One process at a time may do this: take a lock first.
 *
 * The journal is text, one line per entry: `{"sum":"…","entry":{…}}`. A sum covers its entry and the sum before it, so
 * that a changed, lost or moved line is noticed. Only the last line can be torn by a crash, while nobody yet relied
 * on it: it is cut off. Damage anywhere else is refused with a UserError that names the line.
 */
export async function openJournal<Entry>(path: string, schema: z.ZodType<Entry>): Promise<Journal<Entry>> {
  const known = await load(path, schema)
  const handle = await openFile(path, known.length)
  const entries = [...known.entries]
  let { length, sum } = known
  let turn = Promise.resolve()

  async function write(entry: Entry): Promise<void> {
    const text = JSON.stringify(entry)
    // An entry that could not be read back must not get in.
    const readBack = schema.parse(JSON.parse(text))
    const nextSum = sumOf(sum, text)
    const line = Buffer.from(`{"sum":"${nextSum}","entry":${text}}\n`)
    try {
      await writeAt(handle, line, length)
      await handle.datasync()
    } catch (error) {
      // Should this fail too, the next entry is written over the torn one, and the next opening cuts off the rest.
      await handle.truncate(length).catch(() => {})
      throw fileError('append to the journal', path, error)
    }
    length += line.length
    sum = nextSum
    entries.push(readBack)
  }

  return {
    entries,
    append: (entry) => {
      const written = turn.then(() => write(entry))
      turn = written.catch(() => {})
      return written
    },
    close: async () => {
      await turn
      await handle.close()
    },
  }
}

/** The entries of a journal, for those who only look: nothing is repaired, and another process may be writing. None when there is no file. */
export async function readJournal<Entry>(path: string, schema: z.ZodType<Entry>): Promise<readonly Entry[]> {
  return (await load(path, schema)).entries
}

interface Loaded<Entry> {
  entries: Entry[]
  /** Bytes of the file up to the end of the last whole line. */
  length: number
  /** Of the last whole line. */
  sum: string
}

async function load<Entry>(path: string, schema: z.ZodType<Entry>): Promise<Loaded<Entry>> {
  const content = await readOrEmpty(path)
  const loaded: Loaded<Entry> = { entries: [], length: 0, sum: '' }
  for (let number = 1; ; number++) {
    const end = content.indexOf('\n', loaded.length)
    if (end === -1) return loaded
    const [, sum, text] = linePattern.exec(content.toString('utf8', loaded.length, end)) ?? []
    const isLast = end === content.length - 1
    if (sum === undefined || text === undefined) {
      // After a power cut the last line may have its length but not all of its content.
      if (isLast) return loaded
      throw damaged(path, number)
    }
    if (sum !== sumOf(loaded.sum, text)) throw damaged(path, number)
    loaded.entries.push(accept(schema, text, `${path}, line ${number}`))
    loaded.sum = sum
    loaded.length = end + 1
  }
}

const linePattern = /^\{"sum":"([0-9a-f]{16})","entry":(.*)\}$/s

function sumOf(previous: string, text: string): string {
  return createHash('sha256').update(previous).update(text).digest('hex').slice(0, 16)
}

function accept<Entry>(schema: z.ZodType<Entry>, text: string, where: string): Entry {
  const parsed = schema.safeParse(JSON.parse(text))
  if (parsed.success) return parsed.data
  throw new UserError(
    `${where}: the entry is none that this footman knows: ${z.prettifyError(parsed.error)}`,
    {
      hint: 'it was written by another version of footman: finish with that version, or update this one',
      cause: parsed.error,
    },
  )
}

function damaged(path: string, line: number): UserError {
  return new UserError(`the journal ${path} is damaged at line ${line}`, {
    hint: `see what it says up to there, put right what it describes, then mv ${path} ${path}.damaged`,
  })
}

async function readOrEmpty(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return Buffer.alloc(0)
    throw fileError('read the journal', path, error)
  }
}

/** Opens without truncating, and cuts a torn tail off for good. */
async function openFile(path: string, length: number): Promise<FileHandle> {
  try {
    const handle = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600)
    await handle.truncate(length)
    await handle.sync()
    await syncFolder(dirname(path))
    return handle
  } catch (error) {
    throw fileError('open the journal', path, error)
  }
}

/** A single write may take only a part, most of all on a disk that is nearly full. */
async function writeAt(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done)
    done += bytesWritten
  }
}
