import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileSystem } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { type Construct } from 'constructs';
import { type ServiceRole } from './handler-role';
import { bundledFiles } from './packed-file';

export interface BundledCodeProps {
  /** The handler's folder in lambda. */
  readonly bundle: string;
  /** Parts that the handler loads when it needs them. */
  readonly parts: readonly string[];
  /** Files that lie beside the handler, by name. */
  readonly files: Readonly<Record<string, string>>;
}

/** A handler of this package for where no Lambda unpacks it: one file of JSON, its parts and its files by name. */
export class BundledCode {
  public readonly sha256: string;
  private readonly asset: Asset;

  constructor(scope: Construct, id: string, { bundle, parts, files }: BundledCodeProps) {
    const content = JSON.stringify({
      ...Object.fromEntries(Object.entries(bundledFiles(scope, bundle, parts)).map(([name, path]) => [name, readFileSync(path, 'utf8')])),
      ...files,
    });
    this.sha256 = createHash('sha256').update(content).digest('hex');
    const folder = FileSystem.mkdtemp(`${bundle}-`);
    writeFileSync(join(folder, 'code.json'), content);
    this.asset = new Asset(scope, id, { path: join(folder, 'code.json') });
    rmSync(folder, { recursive: true });
  }

  /** Where the file is. */
  public get place() {
    return { bucket: this.asset.s3BucketName, key: this.asset.s3ObjectKey };
  }

  /** Lets a role read this one file, where an asset's own grant opens all files of all stacks. */
  public grantRead(role: ServiceRole) {
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['s3:GetObject'], resources: [this.asset.bucket.arnForObjects(this.asset.s3ObjectKey)] }));
  }
}
