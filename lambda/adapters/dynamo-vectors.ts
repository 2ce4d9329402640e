import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { dynamoRemembered } from './dynamo-remembered';
import type { Clock } from '../ports/clock';
import type { RememberedLines } from '../ports/context-lines';
import type { Vector } from '../ports/embeddings';
import type { Vectors } from '../ports/vectors';

type Time = Pick<Clock, 'now' | 'pause' | 'chance'>;

/** Vectors in a table, four bytes a number. */
export function dynamoVectors(client: DynamoDBDocumentClient, table: string, seconds: number, clock: Time): Vectors {
  return dynamoRemembered<Vector>(client, { table, seconds, clock }, { attribute: 'vector', encode: bytesOf, decode: (value) => numbersOf(value as Uint8Array) });
}

/** Lines about chunks in the same table: a hash of what they were written from is like no hash of what a vector was made of. */
export function dynamoLines(client: DynamoDBDocumentClient, table: string, seconds: number, clock: Time): RememberedLines {
  return dynamoRemembered<string>(client, { table, seconds, clock }, { attribute: 'line', encode: (line) => line, decode: String });
}

function bytesOf(vector: Vector): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(vector.length * 4));
  vector.forEach((value, at) => bytes.setFloat32(at * 4, value, true));
  return new Uint8Array(bytes.buffer);
}

function numbersOf(bytes: Uint8Array): Vector {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.byteLength / 4 }, (_, at) => view.getFloat32(at * 4, true));
}
