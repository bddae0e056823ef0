import { describe, expect, it } from 'vitest'
import { exitCodes, UserError } from '../../core/errors.ts'
import { errorCode, fileError } from '../../core/file-error.ts'

const refusal = (code: string) => Object.assign(new Error(`${code}: as the system says it`), { code })

describe('fileError', () => {
  it.each([
    ['ENOSPC', 'no space left on the disk', 'free some space'],
    ['EDQUOT', 'the disk quota is used up', 'free some space'],
    ['EACCES', 'permission denied', 'chmod'],
    ['EROFS', 'the file system is read-only', 'choose a place'],
    ['ENOENT', 'no such file or folder', 'spelling'],
  ])('turns %s into words and a cure', (code, reason, cure) => {
    const error = fileError('write', '/var/x', refusal(code))
    expect(error).toBeInstanceOf(UserError)
    expect(error.message).toBe(`cannot write /var/x: ${reason}`)
    expect(error.hint).toContain(cure)
    expect(error.exitCode).toBe(exitCodes.failed)
    expect(error.cause).toMatchObject({ code })
  })

  it('passes on what the system says where we know no better', () => {
    const error = fileError('read', '/var/x', refusal('EIO'))
    expect(error.message).toBe('cannot read /var/x: EIO: as the system says it')
    expect(error.hint).toBe('look at it with ls -ld /var/x')
  })
})

describe('errorCode', () => {
  it('is the short name that the system gives, where there is one', () => {
    expect(errorCode(refusal('EIO'))).toBe('EIO')
    expect(errorCode(new Error('plain'))).toBeUndefined()
    expect(errorCode({ code: 'EIO' })).toBeUndefined()
    expect(errorCode(Object.assign(new Error(), { code: 7 }))).toBeUndefined()
  })
})
