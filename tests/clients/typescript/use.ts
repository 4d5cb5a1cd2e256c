// What a service written in TypeScript does with the generated client. Prints what it saw as JSON.
import { readFileSync } from "node:fs";

import { createClient, createConfig } from "../../../clients/typescript/client";
import { annotate, createArticle, exportStances, getArticle, listStances } from "../../../clients/typescript";
import type { ArticleResponse, CountryCode, Problem, StanceLineResponse, StanceResponse } from "../../../clients/typescript";

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

async function use(texts: string[]): Promise<object> {
  const read = expect(await annotate({ client, body: { text: texts[0]! } }));
  const stored: ArticleResponse[] = [];
  for (const [number, text] of texts.entries()) stored.push(await store(text, number));
  const again = expect(await getArticle({ client, path: { article_id: stored[0]!.id } }));
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
    without_key: refusal!.type,
  };
}

use(JSON.parse(readFileSync(0, "utf8"))).then((seen) => console.log(JSON.stringify(seen)));
