/** The shapes of `/api/v1`, under the names that the dashboard uses. */
import type { components } from './schema';

type Schemas = components['schemas'];

export type Info = Schemas['Info'];
export type Status = Schemas['Status'];
export type Ledger = Schemas['Ledger'];
export type Me = Schemas['Me'];
export type PermissionLayer = Schemas['PermissionLayer'];
export type FirstRun = Schemas['FirstRun'];
export type Role = Schemas['Role'];
export type Permissions = Schemas['PermissionFilters'];
export type Account = Schemas['AccountState'];
export type NewAccount = Schemas['NewAccount'];
export type AccountChange = Schemas['AccountChange'];
export type Token = Schemas['TokenState'];
export type NewToken = Schemas['NewToken'];
export type IssuedToken = Schemas['IssuedToken'];
export type AuditEntry = Schemas['AuditEntry'];
export type Problem = Schemas['Problem'];
export type TopicInfo = Schemas['Topic'];
export type SeriesInfo = Schemas['TopicSeries'];
export type LatestValue = Schemas['LatestSeries'];
export type DeadLetter = Schemas['DeadLetter'];
export type Embedded = Schemas['Embedded'];
export type SampleSet = Schemas['SampleSetView'];
export type ClientInfo = Schemas['Client'];
export type ClientDetails = Schemas['ClientDetails'];
export type Cleared = Schemas['ClearedRetained'];
export type SampleSeries = Schemas['SeriesSamples'];
export type ClientClock = Schemas['ClientClock'];
export type Rule = Schemas['Rule'];
export type MemberRule = Schemas['MemberRule'];
export type KnownRule = Schemas['KnownRule'];
export type RuleTrial = Schemas['RuleTrial'];
export type TriedMessage = Schemas['TriedMessage'];
export type TriedSample = Schemas['TriedSample'];
export type Redecoding = Schemas['Redecoding'];
export type Keep = Schemas['Keep'];
export type Storage = Schemas['Storage'];
export type StoragePart = Schemas['StoragePart'];

/** What every message has, and what its payload is: inline, or by reference. */
interface PayloadFields {
  payload?: unknown;
  mime?: string;
  bytes?: number;
  width?: number;
  height?: number;
  ref?: string;
}

export type MessageView = Pick<Schemas['Message'], keyof Schemas['Message']> & PayloadFields;
export type LatestItem = Pick<Schemas['Latest'], keyof Schemas['Latest']> & PayloadFields;
export type TreeItem = Omit<Schemas['TreeNode'], 'latest'> & { latest?: LatestItem | null };

export interface Page<Item> {
  items: Item[];
  next?: string | null;
}
