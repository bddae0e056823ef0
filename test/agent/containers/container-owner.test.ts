import { expect, test } from 'vitest'
import { ownerOf } from '../../../agent/containers/container-owner.ts'

const passwd = 'root:x:0:0:root:/root:/bin/sh\nbroken line\njenkins:x:1000:1001::/home/jenkins:/bin/sh\n'

test.each([
  ['', { uid: 0, gid: 0 }],
  ['0', { uid: 0, gid: 0 }],
  ['1000', { uid: 1000, gid: 0 }],
  ['1000:50', { uid: 1000, gid: 50 }],
  ['jenkins', { uid: 1000, gid: 1001 }],
  ['jenkins:50', { uid: 1000, gid: 50 }],
  ['jenkins:staff', { uid: 1000, gid: 1001 }],
])('USER %j is %j', async (user, owner) => {
  expect(await ownerOf(user, async () => passwd)).toEqual(owner)
})

test('the file is not read when the user is a number', async () => {
  const unread = () => Promise.reject(new Error('nobody should look'))
  expect(await ownerOf('1000', unread)).toEqual({ uid: 1000, gid: 0 })
})

test.each([[passwd], [undefined]])('a name that is nowhere is refused', async (text) => {
  await expect(ownerOf('nobody-knows', async () => text)).rejects.toMatchObject({
    message: expect.stringMatching(/runs as user nobody-knows/),
    hint: expect.stringMatching(/USER/),
  })
})
