// What a service written in TypeScript does with the generated client. Prints what it saw as JSON.
import { readFileSync } from "node:fs";

import { createClient, createConfig } from "../../../clients/typescript/client";
import {
  annotate,
  createArticle,
  createImport,
  exportStances,
  followJob,
  getArticle,
  getJob,
  listJobFailures,
  listStances,
} from "../../../clients/typescript";
import type {
  ArticleResponse,
  CountryCode,
  ImportRequest,
  JobResponse,
  Problem,
  StanceLineResponse,
  StanceResponse,
} from "../../../clients/typescript";

const [baseUrl, key] = process.argv.slice(2);
const client = createClient(createConfig({ baseUrl, auth: key }));
const stranger = createClient(createConfig({ baseUrl }));

// A client that gets a problem where it wants something else should say which.
function expect<T>(answer: { data?: T; error?: Problem }): T {
  if (answer.data === undefined) throw new Error(`${answer.error?.type}: ${answer.error?.detail}`);
  return answer.data;
}

async function store(text: string, number: number): Promise<ArticleResponse> {
  const body = { text, publisher: "The Steppe Herald", external_id: `typescript-${number}`, published_at: "2024-11-14" };
  return expect(await createArticle({ client, body }));
}

// Of all pages, two rows at a time.
async function* stances(country?: CountryCode[]): AsyncGenerator<StanceResponse> {
  let cursor: string | null | undefined;
  while (cursor !== null) {
    const page = expect(await listStances({ client, query: { limit: 2, cursor, country } }));
    yield* page.items;
    cursor = page.next_cursor;
  }
}

async function all<Row>(rows: AsyncGenerator<Row>): Promise<Row[]> {
  const found: Row[] = [];
  for await (const row of rows) found.push(row);
  return found;
}

// Each line as it comes.
async function* exported(): AsyncGenerator<StanceLineResponse> {
  const { data, error } = await exportStances({ client, parseAs: "stream" });
  if (!data) throw new Error(`${error?.type}: ${error?.detail}`);
  const reader = (data as unknown as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let rest = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const lines = (rest + decoder.decode(part.value, { stream: true })).split("\n");
    rest = lines.pop()!;
    for (const line of lines) yield JSON.parse(line);
  }
}

// Three articles, of which one cannot be used, sent twice under one key; then another body under the same key.
async function imported(): Promise<object> {
  const headers = { "Idempotency-Key": "typescript-archive" };
  const articles = ["Norway praised Peru on Monday.", "Norway praised Peru on Tuesday.", ""].map((text) => ({ text }));
  const send = (body: ImportRequest) => createImport({ client, headers, body });
  const job = expect(await send({ articles }));
  const again = expect(await send({ articles }));
  const { error: other } = await send({ articles: articles.slice(0, 1) });
  const path = { job_id: job.id };
  let last: string | undefined;
  const { stream } = await followJob({ client, path, onSseEvent: ({ event }) => (last = event) });
  let ended: JobResponse | undefined;
  // The client reads the data of each event as the JSON that it is; that it is a job, the contract says in `x-item-schema`.
  for await (const data of stream) ended = data as unknown as JobResponse;
  const polled = expect(await getJob({ client, path }));
  const failures = expect(await listJobFailures({ client, path })).items;
  return {
    same: again.id === job.id,
    other: other!.type,
    last,
    states: [ended!.state, polled.state],
    counts: [polled.total, polled.created, polled.done, polled.failed],
    failures: failures.map((failure) => [failure.line, failure.kind]),
  };
}

async function use(texts: string[]): Promise<object> {
  const read = expect(await annotate({ client, body: { text: texts[0]! } }));
  const stored: ArticleResponse[] = [];
  for (const [number, text] of texts.entries()) stored.push(await store(text, number));
  const again = expect(await getArticle({ client, path: { article_id: stored[0]!.id } }));
  const job = await imported();
  const rows = await all(stances());
  const { error } = await listStances({ client, query: { limit: 0 } });
  const { error: refusal } = await listStances({ client: stranger });
  return {
    annotated: Object.fromEntries(read.countries.map((country) => [country.country, country.stance])),
    stored: stored.map((article) => article.id),
    first: Object.fromEntries(again.annotation!.countries.map((country) => [country.country, country.stance])),
    stances: rows.map((row) => `${row.article.id} ${row.country} ${row.stance}`).sort(),
    china: (await all(stances(["CN"]))).length,
    problem: { type: error!.type, status: error!.status, pointers: error!.errors.map((part) => part.pointer) },
    exported: (await all(exported())).map((line) => `${line.article_id} ${line.country} ${line.stance}`).sort(),
    imported: job,
    without_key: refusal!.type,
  };
}

use(JSON.parse(readFileSync(0, "utf8"))).then((seen) => console.log(JSON.stringify(seen)));
