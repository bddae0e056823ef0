import type { JsonObject, RawContainer } from '../../core/container-host.ts'
import { formatSize } from '../../core/units.ts'
import type { ControllerSettings } from '../config/settings.ts'
import { homeMountOf } from '../recipe/home-mount.ts'
import { portsOf, variablesOf } from './spec.ts'

/** A setting that the container does not have. */
export interface Drift {
  /** As jenkins.yaml calls it. */
  setting: string
  is: string
  wanted: string
}

/** How a container that is there differs from what the settings ask for; what they do not speak of is not looked at. Pure. */
export function driftOf(settings: ControllerSettings, container: RawContainer): Drift[] {
  const { Config, HostConfig } = container
  const pairs: [setting: string, is: string, wanted: string][] = [
    ['image', imageOf(container, settings.image), settings.image],
    ['home', homeMountOf(container)?.source ?? 'in the container itself', settings.home],
    ...portPairs(settings, HostConfig),
    ['memory', sizeText(numberOf(HostConfig.Memory)), sizeText(settings.memoryBytes ?? 0)],
    ['restart', restartOf(HostConfig), settings.restart],
    ...variablePairs(settings, Config),
  ]
  return pairs
    .filter(([, is, wanted]) => is !== wanted)
    .map(([setting, is, wanted]) => ({ setting, is, wanted }))
}

/** An id says nothing about the name under which it was found. */
function imageOf({ Config }: RawContainer, wanted: string): string {
  const name = textOf(Config.Image)
  return /^sha256:|^[0-9a-f]{12,64}$/.test(name) ? wanted : name
}

function portPairs(settings: ControllerSettings, hostConfig: JsonObject): [string, string, string][] {
  const bound = mappingOf(hostConfig.PortBindings)
  return Object.entries(portsOf(settings)).map(([port, wanted], index) => [
    index === 0 ? 'ports.http' : 'ports.agents',
    bindingText(bound[port]),
    bindingText(wanted),
  ])
}

/** `0.0.0.0:8080`. An empty address is every address. */
function bindingText(bindings: unknown): string {
  const list = Array.isArray(bindings) ? bindings.map(mappingOf) : []
  const texts = list.map(({ HostIp, HostPort }) => `${textOf(HostIp) || '0.0.0.0'}:${textOf(HostPort)}`)
  return texts.join(', ') || 'not published'
}

function variablePairs(settings: ControllerSettings, config: JsonObject): [string, string, string][] {
  const lines = Array.isArray(config.Env) ? config.Env.map(textOf) : []
  const found = new Map(lines.map((line) => [line.split('=')[0], line.slice(line.indexOf('=') + 1)]))
  return Object.entries(variablesOf(settings)).map(([name, wanted]) => [
    name === 'TZ' && settings.timeZone !== undefined ? 'timeZone' : `env.${name}`,
    found.get(name) ?? 'not set',
    wanted,
  ])
}

function restartOf(hostConfig: JsonObject): string {
  return textOf(mappingOf(hostConfig.RestartPolicy).Name) || 'no'
}

function sizeText(bytes: number): string {
  return bytes === 0 ? 'no limit' : formatSize(bytes)
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

function mappingOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}
