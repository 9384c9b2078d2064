/** What the dashboard asks over REST. */
import createClient from 'openapi-fetch';

import type { paths } from './schema';
import type {
  DeadLetter,
  Info,
  LatestItem,
  Ledger,
  MessageView,
  Page,
  Problem,
  SampleSet,
  Status,
  TopicInfo,
  TreeItem,
} from './types';

const client = createClient<paths>();

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
  if (answer.response.ok) return answer.data as Exclude<T, string>;
  const problem = answer.error as Partial<Problem> | undefined;
  const { status, statusText } = answer.response;
  throw new ApiError(problem?.detail ?? problem?.title ?? statusText, status);
}

type QueryOf<Path extends keyof paths> = paths[Path] extends {
  get: { parameters: { query?: infer Query } };
}
  ? NonNullable<Query>
  : never;

export type MessagesQuery = QueryOf<'/api/v1/messages'>;
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

export const api = {
  info: (): Promise<Info> => take(client.GET('/api/v1/info')),
  status: (): Promise<Status> => take(client.GET('/api/v1/status')),
  ledger: (): Promise<Ledger> => take(client.GET('/api/v1/ledger')),
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
    return take(client.GET('/api/v1/samples', { params: { query }, signal }));
  },
  publish: async (topic: string, payload: string): Promise<void> => {
    const params = { query: { topic, qos: 1 as const } };
    // The body is the payload, byte for byte, and not JSON of it.
    const bodySerializer = (body: unknown): string => String(body);
    await take(client.POST('/api/v1/publish', { params, body: payload as never, bodySerializer }));
  },
};
