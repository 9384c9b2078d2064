/** Rules by topic filter: in words, and as a form has them. */
import type { Keep, MemberRule, Rule, TriedMessage, TriedSample } from '../api/types';
import * as format from '../format';

export const STORES = {
  all: 'Messages and samples',
  messages: 'Messages only',
  samples: 'Samples only',
  nothing: 'Nothing',
} as const;

/** What is not kept then; nothing where everything is. */
export const NOT_KEPT: Record<keyof typeof STORES, string> = {
  all: '',
  messages: 'Payloads are not read: these topics get no values.',
  samples: 'Payloads and properties of the messages that come are not kept.',
  nothing: 'Of the messages that come nothing is kept. Clients and live streams still get them.',
};

export const FORMATS = {
  json: 'JSON',
  text: 'text',
  line_protocol: 'Influx line protocol',
  cbor: 'CBOR',
  msgpack: 'MessagePack',
  binary: 'bytes, not read',
} as const;

/** A number as its field has it. */
type NumberField = string | number | null;

/** How long something is kept, as the form has it. */
export interface KeepDraft {
  days: NumberField;
  /** In gigabytes. */
  gigabytes: NumberField;
}

/** A member as the form has it: texts, empty where nothing is said. */
export interface MemberDraft {
  path: string;
  ignore: boolean;
  rename: string;
  /** Its empty text means the payload itself, so that it has to be said whether there is one. */
  isRenamed: boolean;
  unit: string;
  unitMember: string;
  description: string;
  scale: NumberField;
  offset: NumberField;
  deadBand: NumberField;
  deadBandPercent: NumberField;
  longestIntervalS: NumberField;
}

/** A rule as the form has it. */
export interface RuleDraft {
  filter: string;
  store: keyof typeof STORES;
  format: keyof typeof FORMATS | '';
  keepMessages: KeepDraft;
  keepSamples: KeepDraft;
  keepRollups: KeepDraft;
  value: string;
  /** The empty path is a value too: the payload itself. */
  hasValue: boolean;
  time: 'found' | 'receipt' | 'member';
  timeMember: string;
  timeZone: string;
  timeFormat: string;
  quality: string;
  good: string;
  arrays: 'series' | 'rows';
  seriesMax: NumberField;
  samplesMax: NumberField;
  payloadBytesMax: NumberField;
  members: MemberDraft[];
}

const text = (value: unknown): string =>
  value === null || value === undefined ? '' : String(value);

export function memberDraft(member?: MemberRule): MemberDraft {
  return {
    path: member?.path ?? '',
    ignore: member?.ignore ?? false,
    rename: member?.rename ?? '',
    isRenamed: typeof member?.rename === 'string',
    unit: text(member?.unit),
    unitMember: text(member?.unit_member),
    description: text(member?.description),
    scale: text(member?.scale),
    offset: text(member?.offset),
    deadBand: text(member?.dead_band),
    deadBandPercent: text(member?.dead_band_percent),
    longestIntervalS: text(member?.longest_interval_s),
  };
}

const GIGABYTE = 1e9;

function keepDraft(keep?: Keep | null): KeepDraft {
  const bytes = keep?.bytes ?? null;
  return { days: text(keep?.days), gigabytes: bytes === null ? '' : String(bytes / GIGABYTE) };
}

function keepOf({ days, gigabytes }: KeepDraft): Keep | undefined {
  const keep: Keep = {};
  if (isSaid(days)) keep.days = Number(days);
  if (isSaid(gigabytes)) keep.bytes = Math.round(Number(gigabytes) * GIGABYTE);
  return Object.keys(keep).length > 0 ? keep : undefined;
}

/** How long something is kept; for ever where nothing is said. */
export function keepWords({ days, bytes }: Keep): string {
  const said = [
    typeof days === 'number' ? format.some(days, 'day') : '',
    typeof bytes === 'number' ? format.bytes(bytes) : '',
  ].filter((one) => one !== '');
  return said.length > 0 ? said.join(', at most ') : 'for ever';
}

export function draftOf(rule?: Rule): RuleDraft {
  const time = rule?.time ?? null;
  return {
    filter: rule?.filter ?? '',
    store: rule?.store ?? 'all',
    format: rule?.format ?? '',
    keepMessages: keepDraft(rule?.keep_messages),
    keepSamples: keepDraft(rule?.keep_samples),
    keepRollups: keepDraft(rule?.keep_rollups),
    value: text(rule?.value),
    hasValue: typeof rule?.value === 'string',
    time: time === null ? 'found' : time === 'receipt' ? 'receipt' : 'member',
    timeMember: time === null || time === 'receipt' ? '' : time,
    timeZone: text(rule?.time_zone),
    timeFormat: text(rule?.time_format),
    quality: text(rule?.quality),
    good: (rule?.good ?? []).map(goodText).join('\n'),
    arrays: rule?.arrays ?? 'series',
    seriesMax: text(rule?.series_max),
    samplesMax: text(rule?.samples_max),
    payloadBytesMax: text(rule?.payload_bytes_max),
    members: (rule?.members ?? []).map(memberDraft),
  };
}

const isSaid = (field: NumberField | undefined): boolean =>
  field !== '' && field !== null && field !== undefined;

/** What is said, without what is not. */
export function ruleOf(draft: RuleDraft): Rule {
  const rule: Rule = { filter: draft.filter.trim() };
  if (draft.store !== 'all') rule.store = draft.store;
  if (draft.format !== '') rule.format = draft.format;
  const keepMessages = keepOf(draft.keepMessages);
  if (keepMessages) rule.keep_messages = keepMessages;
  const keepSamples = keepOf(draft.keepSamples);
  if (keepSamples) rule.keep_samples = keepSamples;
  const keepRollups = keepOf(draft.keepRollups);
  if (keepRollups) rule.keep_rollups = keepRollups;
  if (draft.hasValue) rule.value = draft.value;
  if (draft.time === 'receipt') rule.time = 'receipt';
  if (draft.time === 'member') {
    rule.time = draft.timeMember;
    if (draft.timeZone !== '') rule.time_zone = draft.timeZone;
    if (draft.timeFormat !== '') rule.time_format = draft.timeFormat;
  }
  if (draft.quality !== '') {
    rule.quality = draft.quality;
    const good = draft.good.split('\n').map((one) => one.trim());
    const said = good.filter((one) => one !== '').map(goodValue);
    if (said.length > 0) rule.good = said;
  }
  if (draft.arrays !== 'series') rule.arrays = draft.arrays;
  if (isSaid(draft.seriesMax)) rule.series_max = Number(draft.seriesMax);
  if (isSaid(draft.samplesMax)) rule.samples_max = Number(draft.samplesMax);
  if (isSaid(draft.payloadBytesMax)) rule.payload_bytes_max = Number(draft.payloadBytesMax);
  if (draft.members.length > 0) rule.members = draft.members.map(memberOf);
  return rule;
}

function memberOf(draft: MemberDraft): MemberRule {
  const member: MemberRule = { path: draft.path };
  if (draft.ignore) return { ...member, ignore: true };
  if (draft.isRenamed) member.rename = draft.rename;
  if (draft.unit !== '') member.unit = draft.unit;
  if (draft.unitMember !== '') member.unit_member = draft.unitMember;
  if (draft.description !== '') member.description = draft.description;
  if (isSaid(draft.scale)) member.scale = Number(draft.scale);
  if (isSaid(draft.offset)) member.offset = Number(draft.offset);
  if (isSaid(draft.deadBand)) member.dead_band = Number(draft.deadBand);
  if (isSaid(draft.deadBandPercent)) member.dead_band_percent = Number(draft.deadBandPercent);
  if (isSaid(draft.longestIntervalS)) member.longest_interval_s = Number(draft.longestIntervalS);
  return member;
}

/** A value that is good, in a line: as in JSON, or a text that can't be mistaken. */
function goodText(value: unknown): string {
  return typeof value === 'string' && goodValue(value) === value ? value : JSON.stringify(value);
}

function goodValue(said: string): unknown {
  try {
    const value: unknown = JSON.parse(said);
    return typeof value === 'object' ? said : value;
  } catch {
    return said;
  }
}

/** What a rule says, in some words each. */
export function words(rule: Rule): string[] {
  const said: string[] = [];
  if (rule.store && rule.store !== 'all') said.push(STORES[rule.store].toLowerCase());
  if (rule.keep_messages) said.push(`messages kept ${keepWords(rule.keep_messages)}`);
  if (rule.keep_samples) said.push(`samples kept ${keepWords(rule.keep_samples)}`);
  if (rule.keep_rollups) said.push(`rollups kept ${keepWords(rule.keep_rollups)}`);
  if (rule.format) said.push(`read as ${FORMATS[rule.format]}`);
  if (typeof rule.value === 'string') said.push(`${rule.value || 'the payload'} is the value`);
  if (rule.time === 'receipt') said.push('time of receipt');
  else if (rule.time) {
    const zone = rule.time_zone ? ` (${rule.time_zone})` : '';
    said.push(`time from ${rule.time}${zone}`);
  }
  if (rule.quality) {
    const good = (rule.good ?? []).map(text).join(' or ');
    said.push(`only while ${rule.quality} is ${good || 'good'}`);
  }
  if (rule.arrays === 'rows') said.push('arrays as rows');
  if (typeof rule.series_max === 'number') {
    said.push(`${format.count(rule.series_max)} series at most`);
  }
  if (typeof rule.samples_max === 'number') {
    said.push(`${format.count(rule.samples_max)} values at most`);
  }
  if (typeof rule.payload_bytes_max === 'number') {
    said.push(`read up to ${format.bytes(rule.payload_bytes_max)}`);
  }
  said.push(...(rule.members ?? []).map(memberWords));
  return said;
}

function memberWords(member: MemberRule): string {
  const path = member.path || 'the payload';
  if (member.ignore) return `without ${path}`;
  let said = path;
  if (typeof member.rename === 'string') said += ` → ${member.rename || 'the topic itself'}`;
  if (typeof member.scale === 'number') said += ` × ${member.scale}`;
  if (typeof member.offset === 'number') {
    said += member.offset < 0 ? ` − ${-member.offset}` : ` + ${member.offset}`;
  }
  if (member.unit) said += ` ${member.unit}`;
  if (member.unit_member) said += `, unit from ${member.unit_member}`;
  if (member.description) said += `, “${member.description}”`;
  const bands = [
    typeof member.dead_band === 'number' ? text(member.dead_band) : '',
    typeof member.dead_band_percent === 'number' ? `${member.dead_band_percent} %` : '',
  ].filter((band) => band !== '');
  if (bands.length > 0) {
    const longest = format.duration((member.longest_interval_s ?? 3600) * 1000);
    said += `, when it changes by more than ${bands.join(' or ')}, and every ${longest}`;
  }
  return said;
}

/** A line of a trial: one path, what it had and what it will have. */
export interface TriedRow {
  path: string;
  before: string;
  after: string;
}

/** The paths of a message before and after, those that stay the same too; times where they change. */
export function triedRows(
  { before, after }: TriedMessage,
  time: (text: string) => string,
): TriedRow[] {
  const paths = new Set([...before.samples, ...after.samples].map((sample) => sample.path));
  return [...paths].map((path) => {
    const [old, now] = [before, after].map((parts) =>
      parts.samples.filter((sample) => sample.path === path),
    ) as [TriedSample[], TriedSample[]];
    const isMoved =
      now.length > 0 && old.length > 0 && old.some((sample, at) => sample.time !== now[at]?.time);
    const shown = (samples: readonly TriedSample[]): string =>
      samples.map((sample) => sampleText(sample, isMoved ? time(sample.time) : '')).join(', ');
    return { path, before: shown(old), after: shown(now) };
  });
}

function sampleText({ value, unit, description }: TriedSample, time: string): string {
  let said = String(value);
  if (unit) said += ` ${unit}`;
  if (description) said += ` “${description}”`;
  return time === '' ? said : `${said} at ${time}`;
}

/** What a day comes to, without and with a rule. */
export function savingLabel(before: number, after: number): string {
  if (before === after) return 'as many bytes as before';
  const verb = after < before ? 'instead of' : 'where it was';
  return `${format.bytes(after)} ${verb} ${format.bytes(before)}`;
}
