"""Runs in the rivals' environment: FastAPI and transformers' pipeline. One thread does the work, as the pipeline's documentation
on web servers says; all pairs of an article are one call with `batch_size`. python pipeline_server.py FOLDER PORT
"""

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor

import uvicorn
from fastapi import FastAPI, Request
from transformers import pipeline

BATCH = 8
"""The documentation's own example."""

app = FastAPI()
worker = ThreadPoolExecutor(1)
judge = pipeline("text-classification", model=sys.argv[1], batch_size=BATCH, device="cpu")


@app.post("/judge")
async def judged(request: Request) -> list[dict]:
    pairs = (await request.json())["pairs"]
    given = [{"text": sentence, "text_pair": country} for sentence, country in pairs]
    return await asyncio.get_running_loop().run_in_executor(worker, judge, given) if given else []


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[2]), log_level="warning")
