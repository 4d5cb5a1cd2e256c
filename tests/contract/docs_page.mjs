// Opens /docs in Chromium, tries POST /v1/annotate out and prints what happened as JSON.
// node docs_page.mjs ADDRESS CHROMIUM SCREENSHOT
import puppeteer from "puppeteer-core";

const [address, executablePath, screenshot] = process.argv.slice(2);
const SECONDS = 120_000;

const browser = await puppeteer.launch({
  executablePath,
  protocolTimeout: SECONDS,
  // Root may not use the sandbox. No name is resolved: what is not on this machine cannot be reached, and is counted below.
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
});
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(SECONDS);
  await page.setViewport({ width: 1100, height: 900 });
  const requests = [];
  const faults = [];
  page.on("request", (request) => requests.push(request.url()));
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));

  await page.goto(`${address}/docs`, { waitUntil: "networkidle0" });
  await page.waitForSelector(".opblock-summary-path");
  const operations = await page.$$eval(".opblock", (blocks) =>
    blocks.map((block) => {
      const method = block.querySelector(".opblock-summary-method").textContent.toLowerCase();
      return `${method} ${block.querySelector(".opblock-summary-path").dataset.path}`;
    }),
  );

  const annotate = "#operations-annotations-annotate";
  await page.click(`${annotate} .opblock-summary-control`);
  await page.waitForSelector(`${annotate} .execute`);
  await page.click(`${annotate} .execute`);
  const live = `${annotate} .live-responses-table`;
  await page.waitForSelector(`${live} .response-col_status`);
  const status = await page.$eval(`${live} tbody .response-col_status`, (cell) => cell.textContent.trim());
  const body = await page.$eval(`${live} .highlight-code code, ${live} .highlight-code pre`, (code) => code.textContent);

  await page.$eval(`${annotate} .responses-inner`, (answer) => answer.scrollIntoView());
  await page.screenshot({ path: screenshot });
  console.log(JSON.stringify({ requests, operations, status, body, faults }));
} finally {
  await browser.close();
}
