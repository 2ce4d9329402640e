import { readFileSync } from 'node:fs';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type IBucket } from 'aws-cdk-lib/aws-s3';
import { type IConstruct } from 'constructs';
import { EVALUATION_SET_FILE, type EvaluationMeasure, type EvaluationPolicy } from '../contract/evaluation';
import { parseSet, SetProblem, type SetRules, unmeasurable } from '../contract/evaluation-set';
import { type ServiceRole } from '../internal/handler-role';
import { fail, requireLength } from '../internal/validation';

/** Where the questions lie, once it is known who reads them. */
export interface BoundSet {
  readonly location?: EvaluationPolicy['set'];
  /** Files that lie beside the function. */
  readonly files: Readonly<Record<string, string>>;
  letRead(role: ServiceRole): void;
}

/**
 * Questions with what is known of them, from 30 to some thousands: a file of JSON Lines, an object a line.
 *
 * @example
 * const set = EvaluationSet.fromFile('evaluation.jsonl');
 */
export abstract class EvaluationSet {
  /**
   * A file on this machine, deployed with the function: its questions are checked when the stack is synthesized, and a deployment that changes them is evaluated.
   *
   * @param path from the working directory, such as `evaluation.jsonl`
   */
  public static fromFile(path: string): EvaluationSet {
    return new LocalSet(path);
  }

  /**
   * An object in a bucket, read anew by every run.
   *
   * @param bucket where it lies
   * @param key its key
   */
  public static fromBucket(bucket: IBucket, key: string): EvaluationSet {
    return new StoredSet(bucket, key);
  }

  /** @internal */
  public abstract _bind(scope: IConstruct, rules: SetRules, measures: readonly EvaluationMeasure[]): BoundSet;
}

class LocalSet extends EvaluationSet {
  constructor(private readonly path: string) {
    super();
  }

  public _bind(scope: IConstruct, rules: SetRules, measures: readonly EvaluationMeasure[]): BoundSet {
    const text = this.read(scope);
    try {
      const lacking = unmeasurable(parseSet(text, rules), measures);
      if (lacking) {
        fail(scope, `'thresholds.${lacking.measure}' must be left out, for nothing in '${this.path}' can be measured by it, which has no question with ${lacking.needs}: leave it out, or add one`);
      }
    } catch (error) {
      if (error instanceof SetProblem) fail(scope, `'set' must hold questions that can be read, got in '${this.path}', ${error.message}`);
      throw error;
    }
    return { files: { [EVALUATION_SET_FILE]: text }, letRead: () => undefined };
  }

  private read(scope: IConstruct): string {
    try {
      return readFileSync(this.path, 'utf8');
    } catch (error) {
      return fail(scope, `'set' must be a file that can be read, got '${this.path}': ${(error as Error).message}`);
    }
  }
}

class StoredSet extends EvaluationSet {
  constructor(private readonly bucket: IBucket, private readonly key: string) {
    super();
  }

  public _bind(scope: IConstruct): BoundSet {
    const { bucket, key } = this;
    requireLength(scope, 'set.key', key, 1, 1_024);
    return {
      location: { bucket: bucket.bucketName, key },
      files: {},
      letRead(role) {
        role.addToPrincipalPolicy(new PolicyStatement({ actions: ['s3:GetObject'], resources: [bucket.arnForObjects(key)] }));
        if (bucket.encryptionKey) role.allowEncryption(bucket.encryptionKey, 's3');
      },
    };
  }
}
