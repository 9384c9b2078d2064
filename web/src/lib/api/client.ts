/** What the dashboard asks over REST. */
import createClient from 'openapi-fetch';

import { isLong, parseJson } from './json';
import type { paths } from './schema';
import type {
  Account,
  AccountChange,
  AuditEntry,
  Cleared,
  ClientClock,
  ClientDetails,
  ClientInfo,
  DeadLetter,
  FirstRun,
  Info,
  KnownRule,
  IssuedToken,
  LatestItem,
  Ledger,
  Me,
  MessageView,
  NewAccount,
  NewToken,
  Page,
  Problem,
  Redecoding,
  Rule,
  RuleTrial,
  SampleSet,
  Status,
  Storage,
  TopicInfo,
  TreeItem,
} from './types';

/** Says that the dashboard asks: no form and no picture of another page can. */
const client = createClient<paths>({ headers: { 'x-requested-with': 'dashboard' } });

/** The texts of answers with numbers that a double may round. */
const longTexts = new WeakMap<Response, string>();

client.use({
  async onResponse({ response }) {
    if (response.headers.get('content-type') !== 'application/json') return undefined;
    const text = await response.text();
    const { status, statusText, headers } = response;
    const answer = new Response(text, { status, statusText, headers });
    if (isLong(text)) longTexts.set(answer, text);
    return answer;
  },
});

let whenSignedOut = (): void => {};

/** What is to be done when the server does not know any longer who asks. */
export function onSignedOut(run: () => void): void {
  whenSignedOut = run;
}

/** The server said no, and why; status 0 where it said nothing. */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The JSON of an answer; the same question could be answered in other formats, as text. */
async function take<T>(asked: Promise<Answer<T>>): Promise<Exclude<T, string>> {
  let answer: Answer<T>;
  try {
    answer = await asked;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError('The server does not answer.', 0);
  }
  const text = longTexts.get(answer.response);
  if (answer.response.ok) {
    const data = text === undefined ? answer.data : parseJson(text);
    return data as Exclude<T, string>;
  }
  const problem = answer.error as Partial<Problem> | undefined;
  const { status, statusText } = answer.response;
  if (status === 401) whenSignedOut();
  throw new ApiError(problem?.detail ?? problem?.title ?? statusText, status);
}

type QueryOf<Path extends keyof paths> = paths[Path] extends {
  get: { parameters: { query?: infer Query } };
}
  ? NonNullable<Query>
  : never;

export type MessagesQuery = QueryOf<'/api/v1/messages'>;
export type ClientsQuery = QueryOf<'/api/v1/clients'>;
export type TopicsQuery = QueryOf<'/api/v1/topics'>;

export interface SampleQuestion {
  topic: string;
  path: string;
  from: number;
  to: number;
  points?: number;
  everyMs?: number;
  raw?: boolean;
}

/** Children of one place that are loaded at once. */
const CHILDREN = 200;

/** Who asks, and what they may do. A wrong password is no sign-out. */
export const session = {
  me: (): Promise<Me> => take(client.GET('/api/v1/me')),
  signIn: async (name: string, password: string): Promise<Me> => {
    const answer = await client.POST('/api/v1/sign-in', { body: { name, password } });
    return answer.response.ok || answer.response.status !== 401
      ? take(Promise.resolve(answer))
      : Promise.reject(new ApiError('The name or the password is wrong.', 401));
  },
  signOut: async (): Promise<void> => {
    await take(client.POST('/api/v1/sign-out'));
  },
  firstRun: (body: FirstRun): Promise<Me> => take(client.POST('/api/v1/first-run', { body })),
};

/** Accounts and their tokens; for administrators. */
export const admin = {
  accounts: async (): Promise<Account[]> => (await take(client.GET('/api/v1/accounts'))).items,
  add: (body: NewAccount): Promise<Account> => take(client.POST('/api/v1/accounts', { body })),
  change: (name: string, body: AccountChange): Promise<Account> =>
    take(client.PATCH('/api/v1/accounts/{name}', { params: { path: { name } }, body })),
  remove: async (name: string): Promise<void> => {
    await take(client.DELETE('/api/v1/accounts/{name}', { params: { path: { name } } }));
  },
  setPassword: async (name: string, password: string): Promise<void> => {
    const params = { path: { name } };
    await take(client.PUT('/api/v1/accounts/{name}/password', { params, body: { password } }));
  },
  issue: (name: string, body: NewToken): Promise<IssuedToken> =>
    take(client.POST('/api/v1/accounts/{name}/tokens', { params: { path: { name } }, body })),
  revoke: async (name: string, id: string): Promise<void> => {
    const params = { path: { name, id } };
    await take(client.DELETE('/api/v1/accounts/{name}/tokens/{id}', { params }));
  },
  audit: (before?: string | null): Promise<Page<AuditEntry>> => {
    const query = { cursor: before ? Number(before) : undefined, limit: 50 };
    return take(client.GET('/api/v1/audit', { params: { query } }));
  },
};

/** What is stored of messages, and how they are read. */
export const rules = {
  all: async (): Promise<KnownRule[]> => (await take(client.GET('/api/v1/rules'))).items,
  put: (body: Rule): Promise<KnownRule> => take(client.PUT('/api/v1/rules', { body })),
  remove: async (filter: string): Promise<void> => {
    await take(client.DELETE('/api/v1/rules', { params: { query: { filter } } }));
  },
  try: (body: Rule): Promise<RuleTrial> => take(client.POST('/api/v1/rules/trial', { body })),
  decodings: async (): Promise<Redecoding[]> =>
    (await take(client.GET('/api/v1/redecodings'))).items,
  decodeAgain: (filter: string): Promise<Redecoding> =>
    take(client.POST('/api/v1/redecodings', { params: { query: { filter } } })),
  stop: (id: number): Promise<Redecoding> =>
    take(client.POST('/api/v1/redecodings/{id}/stop', { params: { path: { id } } })),
};

/** Who is connected over MQTT, and whose session waits for them. */
export const clients = {
  page: (query: ClientsQuery): Promise<Page<ClientInfo>> =>
    take(client.GET('/api/v1/clients', { params: { query } })),
  one: (name: string): Promise<ClientDetails> =>
    take(client.GET('/api/v1/clients/{client}', { params: { path: { client: name } } })),
  disconnect: async (name: string, endSession: boolean): Promise<void> => {
    const params = { path: { client: name }, query: { end_session: endSession } };
    await take(client.DELETE('/api/v1/clients/{client}', { params }));
  },
};

/** What is kept for those who subscribe later. */
export const retained = {
  page: (filter: string, cursor?: string): Promise<Page<MessageView>> =>
    take(client.GET('/api/v1/retained', { params: { query: { filter, cursor } } })),
  clear: (filter: string, dryRun: boolean): Promise<Cleared> =>
    take(client.DELETE('/api/v1/retained', { params: { query: { filter, dry_run: dryRun } } })),
  restore: async (seq: number): Promise<void> => {
    await take(client.POST('/api/v1/retained/restore', { params: { query: { seq } } }));
  },
};

export const api = {
  info: (): Promise<Info> => take(client.GET('/api/v1/info')),
  status: (): Promise<Status> => take(client.GET('/api/v1/status')),
  ledger: (): Promise<Ledger> => take(client.GET('/api/v1/ledger')),
  storage: (): Promise<Storage> => take(client.GET('/api/v1/storage')),
  clocks: async (limit: number): Promise<ClientClock[]> =>
    (await take(client.GET('/api/v1/clocks', { params: { query: { limit } } }))).items,
  deadLetters: (limit: number): Promise<Page<DeadLetter>> =>
    take(client.GET('/api/v1/dead-letters', { params: { query: { limit } } })),
  topics: (query: TopicsQuery, signal?: AbortSignal): Promise<Page<TopicInfo>> =>
    take(client.GET('/api/v1/topics', { params: { query }, signal })),
  tree: (path: string, cursor?: string | null): Promise<Page<TreeItem>> => {
    const query = { path, cursor: cursor ?? undefined, limit: CHILDREN };
    return take(client.GET('/api/v1/tree', { params: { query } }));
  },
  latest: (filter: string, limit: number, signal?: AbortSignal): Promise<Page<LatestItem>> =>
    take(client.GET('/api/v1/latest', { params: { query: { filter, limit } }, signal })),
  messages: (query: MessagesQuery, signal?: AbortSignal): Promise<Page<MessageView>> =>
    take(client.GET('/api/v1/messages', { params: { query }, signal })),
  payload: async (seq: number): Promise<Uint8Array> => {
    const path = '/api/v1/messages/{seq}/payload';
    const asked = client.GET(path, { params: { path: { seq } }, parseAs: 'arrayBuffer' });
    return new Uint8Array((await take(asked)) as ArrayBuffer);
  },
  samples: (
    { topic, path, from, to, points, everyMs, raw }: SampleQuestion,
    signal?: AbortSignal,
  ): Promise<SampleSet> => {
    const query = {
      filter: topic,
      path,
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
      points,
      every: everyMs === undefined ? undefined : `${everyMs}ms`,
      raw,
    };
    // Rows by themselves are not asked for.
    return take(client.GET('/api/v1/samples', { params: { query }, signal })) as Promise<SampleSet>;
  },
  publish: async (topic: string, payload: string): Promise<void> => {
    const params = { query: { topic, qos: 1 as const } };
    // The body is the payload, byte for byte, and not JSON of it.
    const bodySerializer = (body: unknown): string => String(body);
    await take(client.POST('/api/v1/publish', { params, body: payload as never, bodySerializer }));
  },
};
