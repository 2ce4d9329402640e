"""Makes documents of the records of a corpus, for a bulk load into an index of passages.

An AWS Glue job (Spark) runs this file. Each record of the corpus, a row of Parquet or CSV, an object of JSON Lines or a line of text, becomes an object in the
bucket of documents and, where the index knows fields of it, a `.metadata.json` beside it. Nothing is cut or embedded here: that is done by the one pipeline that
reads all documents, so that there is one way of cutting, and the nightly comparison of bucket and index holds for a corpus too.

Everything but `main` is plain Python: Spark and boto3 are imported where they are used.
"""
from __future__ import annotations

import hashlib
import json
import math
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any

METADATA_ENDING = ".metadata.json"
# S3 takes keys of 1,024 bytes; what is longer, or has other characters, is named by what it is told by.
LONGEST_ID = 200
PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
WRITTEN_AT_ONCE = 16
READ_AT_ONCE = 1_000
PARAMETERS = ["corpus", "format", "id_column", "text_column", "title_column", "fields", "target_bucket", "target_prefix"]


@dataclass(frozen=True)
class Columns:
    """Which columns of a record hold what."""

    id: str
    text: str
    title: str


@dataclass(frozen=True)
class Document:
    """A document as it is put into the bucket; `metadata` is None where nothing describes it."""

    key: str
    body: str
    metadata: str | None


def document_of(record: Mapping[str, Any], columns: Columns, fields: Iterable[Mapping[str, str]], prefix: str) -> Document | None:
    """The document of a record; None where it has no text."""
    text = "" if record.get(columns.text) is None else str(record[columns.text]).strip()
    if not text:
        return None
    title = " ".join(str(record.get(columns.title) or "").split())
    name = file_name(record.get(columns.id), text)
    # By heading where there is one: then it is Markdown.
    body, ending = (f"# {title}\n\n{text}\n", ".md") if title else (f"{text}\n", ".txt")
    return Document(f"{prefix}{shard(name)}/{name}{ending}", body, metadata_of(record, fields))


def file_name(identifier: Any, text: str) -> str:
    """What tells a record apart, as part of a key: its id where that can be read in a key, else a hash of it, or of its text where it has none."""
    told = "" if identifier is None else str(identifier).strip()
    if told and len(told) <= LONGEST_ID and PLAIN_ID.fullmatch(told) and not told.endswith(METADATA_ENDING):
        return told
    return hashlib.sha256((f"id:{told}" if told else f"text:{text}").encode()).hexdigest()[:32]


def shard(name: str) -> str:
    """One of 256 folders: S3 takes so many requests a second for each."""
    return hashlib.sha256(name.encode()).hexdigest()[:2]


def metadata_of(record: Mapping[str, Any], fields: Iterable[Mapping[str, str]]) -> str | None:
    """The declared fields of a record as the file beside a document has them. A value of another type is left out, as it could not be compared."""
    values = {field["name"]: value for field in fields if (value := value_of(record.get(field["name"]), field["type"])) is not None}
    return json.dumps({"metadataAttributes": values}, ensure_ascii=False, sort_keys=True) if values else None


def value_of(value: Any, kind: str) -> Any:
    """A value as a field of a type takes it; None where it cannot. CSV has texts only: numbers and booleans are read out of them."""
    if value is None:
        return None
    if kind == "string":
        return value if isinstance(value, str) else str(value)
    if kind == "boolean":
        return value if isinstance(value, bool) else {"true": True, "false": False}.get(str(value).strip().lower())
    if kind == "stringList":
        return [str(each) for each in value] if isinstance(value, (list, tuple)) else None
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() else number


def write_documents(documents: Iterable[Document], put: Callable[[str, str, str], None]) -> int:
    """Puts documents, each behind what describes it, and says how many. A failure ends the partition, which Spark tries again: it writes the same then."""

    def write(document: Document) -> None:
        # First what describes it: whoever hears of the document finds whose it is.
        if document.metadata is not None:
            put(document.key + METADATA_ENDING, document.metadata, "application/json")
        put(document.key, document.body, "text/markdown" if document.key.endswith(".md") else "text/plain; charset=utf-8")

    written = 0
    rest = iter(documents)
    with ThreadPoolExecutor(WRITTEN_AT_ONCE) as threads:
        # Some at a time: a partition is larger than the memory.
        while some := list(islice(rest, READ_AT_ONCE)):
            written += sum(1 for _ in threads.map(write, some))
    return written


def write_partition(records: Iterable[Mapping[str, Any]], parameters: Mapping[str, str]) -> Iterable[int]:
    """What one task of Spark does with its records."""
    import boto3
    from botocore.config import Config

    s3 = boto3.client("s3", config=Config(retries={"mode": "adaptive", "max_attempts": 10}, max_pool_connections=WRITTEN_AT_ONCE))

    def put(key: str, body: str, content_type: str) -> None:
        s3.put_object(Bucket=parameters["target_bucket"], Key=key, Body=body.encode(), ContentType=content_type)

    columns = Columns(parameters["id_column"], parameters["text_column"], parameters["title_column"])
    fields = json.loads(parameters["fields"])
    made = (document_of(record, columns, fields, parameters["target_prefix"]) for record in records)
    yield write_documents((document for document in made if document), put)


def main() -> None:
    """Reads the corpus by Spark and writes its documents."""
    from awsglue.context import GlueContext
    from awsglue.job import Job
    from awsglue.utils import getResolvedOptions
    from pyspark.context import SparkContext

    parameters = getResolvedOptions(sys.argv, ["JOB_NAME", *PARAMETERS])
    glue = GlueContext(SparkContext.getOrCreate())
    job = Job(glue)
    job.init(parameters["JOB_NAME"], parameters)
    if parameters["format"] == "text":
        frame = glue.spark_session.read.text(parameters["corpus"], recursiveFileLookup=True).withColumnRenamed("value", parameters["text_column"])
    else:
        # By the name of its context Glue remembers which files it has read.
        frame = glue.create_dynamic_frame.from_options(
            connection_type="s3",
            connection_options={"paths": [parameters["corpus"]], "recurse": True},
            format=parameters["format"],
            format_options={"withHeader": True} if parameters["format"] == "csv" else {},
            transformation_ctx="corpus",
        ).toDF()
    told = {name: parameters[name] for name in PARAMETERS}
    written = frame.rdd.mapPartitions(lambda rows: write_partition((row.asDict() for row in rows), told)).sum()
    print(json.dumps({"message": "documents of a corpus", "documents": int(written)}))
    job.commit()


if __name__ == "__main__":
    main()
