import { describe, expect, test } from 'vitest'
import { parseNodeXml, renderNodeXml } from '../../../jenkins/practice/node-xml.ts'

const xml = `<?xml version="1.1" encoding="UTF-8"?>
<slave>
  <temporaryOfflineCause class="hudson.slaves.OfflineCause$UserCause">
    <timestamp>1795409919624</timestamp>
    <description>
      <holder>
        <owner>hudson.slaves.Messages</owner>
      </holder>
      <key>SlaveComputer.DisconnectedBy</key>
      <args>
        <string>ann</string>
        <string> : on battery</string>
      </args>
    </description>
    <userId>ann</userId>
  </temporaryOfflineCause>
  <name>n1</name>
  <description>Ann&apos;s &quot;laptop&quot;</description>
  <numExecutors>2</numExecutors>
  <mode>EXCLUSIVE</mode>
  <retentionStrategy class="hudson.slaves.RetentionStrategy$Always"/>
  <label>linux &quot;two words&quot;</label>
  <nodeProperties/>
  <com.example.Unknown plugin="example@1">
    <deep>kept</deep>
  </com.example.Unknown>
</slave>`

describe('config.xml of a node', () => {
  test('survives being read and written, with its mark and with what we do not know', () => {
    const config = parseNodeXml(xml)
    if (typeof config === 'string') throw new Error(config)
    expect(config).toMatchObject({
      name: 'n1',
      executors: 2,
      label: 'linux "two words"',
      offlineMark: { user: 'ann', message: 'on battery', atMs: 1795409919624 },
    })
    expect(renderNodeXml(config)).toBe(xml)
  })

  test('without numExecutors there are none', () => {
    expect(parseNodeXml('<slave><name>x</name></slave>')).toMatchObject({ executors: 0 })
  })

  test.each([
    ['not xml', 'unreadable'],
    ['', 'unreadable'],
    ['<project/>', 'unreadable'],
    ['<slave><numExecutors>many</numExecutors></slave>', 'unreadable'],
    ['<slave><mode>SOMETIMES</mode></slave>', 'unreadable'],
    ['<hudson.plugins.swarm.SwarmSlave/>', 'other-type'],
  ])('%j is %s', (text, verdict) => {
    expect(parseNodeXml(text)).toBe(verdict)
  })
})
