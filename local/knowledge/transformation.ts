import { randomUUID } from 'node:crypto';
import type { Piece } from './chunking';
import type { DataSource, KnowledgeBase } from './definition';
import { type DocumentIdentifier, keyOf } from './index-store';
import type { Metadata } from './metadata';
import { Unreadable } from './parse';
import { PARTITION } from '../assembly/identity';
import type { ServiceRole } from '../iam/service-role';
import type { Buckets } from '../s3/store';

export interface TransformationPorts {
  readonly buckets: Buckets;
  readonly role: ServiceRole;
  /** Calls a function for its answer. */
  call(functionArn: string, event: object): Promise<Buffer>;
}

interface FileContents {
  readonly fileContents: readonly { readonly contentBody: string; readonly contentType?: string; readonly contentMetadata?: Metadata }[];
}

interface Answer {
  readonly outputFiles?: readonly { readonly fileMetadata?: Metadata; readonly contentBatches?: readonly { readonly key: string }[] }[];
}

/** Lets the function of a data source make its own chunks, through files in the bucket between them. */
export async function transform(
  pieces: readonly Piece[], base: KnowledgeBase, source: DataSource,
  document: { readonly identifier: DocumentIdentifier; readonly metadata: Metadata; readonly jobId?: string },
  { buckets, role, call }: TransformationPorts,
): Promise<(Piece & { readonly metadata?: Metadata })[]> {
  const { lambdaArn, bucket, prefix } = source.transformation!;
  const objectArn = (key: string) => `arn:${PARTITION}:s3:::${bucket}/${key}`;
  const input = `${prefix}aws/bedrock/knowledge_bases/${base.id}/${source.id}/${document.jobId ?? 'direct'}/${randomUUID()}.json`;
  const contents: FileContents = { fileContents: pieces.map(({ text }) => ({ contentBody: text, contentType: 'text/plain', contentMetadata: {} })) };
  role.require({ action: 's3:PutObject', resource: objectArn(input) });
  buckets.put(bucket, input, Buffer.from(JSON.stringify(contents)), { 'content-type': 'application/json' });

  role.require({ action: 'lambda:InvokeFunction', resource: lambdaArn });
  const uri = keyOf(document.identifier);
  const location = document.identifier.s3 ? { type: 'S3', s3_location: { uri } } : { type: 'CUSTOM', custom_document_location: { id: document.identifier.custom?.id } };
  const answer = await call(lambdaArn, {
    version: '1.0',
    knowledgeBaseId: base.id,
    dataSourceId: source.id,
    ingestionJobId: document.jobId,
    bucketName: bucket,
    priorTask: source.chunking.strategy === 'NONE' ? 'PARSING' : 'CHUNKING',
    inputFiles: [{ contentBatches: [{ key: input }], fileMetadata: document.metadata, originalFileLocation: location }],
  }).catch((error: Error) => {
    throw new Unreadable(`The transformation function failed: ${error.name}: ${error.message}`);
  });
  const { outputFiles } = read<Answer>(answer, 'answer');
  if (!Array.isArray(outputFiles)) throw new Unreadable('The transformation function must answer with outputFiles.');
  return outputFiles.flatMap(({ fileMetadata = {}, contentBatches = [] }: NonNullable<Answer['outputFiles']>[number]) => contentBatches.flatMap(({ key }) => {
    role.require({ action: 's3:GetObject', resource: objectArn(key) });
    const object = buckets.find(bucket, key);
    if (!object) throw new Unreadable(`The transformation function names ${key}, which is not in the bucket ${bucket}.`);
    const { fileContents } = read<FileContents>(object.content, key);
    return fileContents.map(({ contentBody, contentMetadata = {} }) => ({ text: contentBody, metadata: { ...fileMetadata, ...contentMetadata } }));
  }));
}

function read<T extends object>(content: Buffer, what: string): T {
  try {
    return (JSON.parse(content.toString()) ?? {}) as T;
  } catch {
    throw new Unreadable(`The ${what} of the transformation function is not JSON.`);
  }
}
