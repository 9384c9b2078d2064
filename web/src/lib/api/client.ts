/** What the dashboard asks over REST. */
import type {
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

const BASE = '/api/v1';

/** The server said no, and why; status 0 where it said nothing. */
export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail ?? problem.title);
  }
}

type Query = Record<string, string | number | boolean | undefined | null>;

async function get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  return (await answer(await request(`${path}${queryString(query)}`, { signal }))) as T;
}

function queryString(query: Query): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== null) params.set(key, String(value));
  }
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}

async function request(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(`${BASE}${path}`, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError({ title: 'The server does not answer.', status: 0 });
  }
}

async function answer(response: Response): Promise<unknown> {
  const json = response.headers.get('content-type')?.includes('json') ?? false;
  const body: unknown = json ? await response.json() : await response.text();
  if (response.ok) return body;
  throw new ApiError(
    json ? (body as Problem) : { title: response.statusText, status: response.status },
  );
}

export interface SampleQuestion {
  topic: string;
  path: string;
  from: number;
  to: number;
  points?: number;
  everyMs?: number;
  raw?: boolean;
}

export const api = {
  info: (): Promise<Info> => get('/info'),
  status: (): Promise<Status> => get('/status'),
  ledger: (): Promise<Ledger> => get('/ledger'),
  topics: (query: Query, signal?: AbortSignal): Promise<Page<TopicInfo>> =>
    get('/topics', query, signal),
  tree: (path: string, cursor?: string | null): Promise<Page<TreeItem>> =>
    get('/tree', { path, cursor, limit: 200 }),
  latest: (filter: string, limit: number, signal?: AbortSignal): Promise<Page<LatestItem>> =>
    get('/latest', { filter, limit }, signal),
  messages: (query: Query, signal?: AbortSignal): Promise<Page<MessageView>> =>
    get('/messages', query, signal),
  message: (seq: number): Promise<MessageView> => get(`/messages/${seq}`),
  payload: async (seq: number): Promise<Uint8Array> => {
    const response = await request(`/messages/${seq}/payload`, {});
    if (!response.ok) await answer(response);
    return new Uint8Array(await response.arrayBuffer());
  },
  samples: (question: SampleQuestion, signal?: AbortSignal): Promise<SampleSet> =>
    get(
      '/samples',
      {
        filter: question.topic,
        path: question.path,
        from: new Date(question.from).toISOString(),
        to: new Date(question.to).toISOString(),
        points: question.points,
        every: question.everyMs === undefined ? undefined : `${question.everyMs}ms`,
        raw: question.raw,
      },
      signal,
    ),
  publish: async (topic: string, payload: string): Promise<void> => {
    const query = queryString({ topic, qos: 1 });
    await answer(await request(`/publish${query}`, { method: 'POST', body: payload }));
  },
};
