import { join } from 'node:path';
import { ArnFormat, Duration, Names, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as glue from 'aws-cdk-lib/aws-glue';
import { ManagedPolicy, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IKey } from 'aws-cdk-lib/aws-kms';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { type CorpusOptions } from './corpus-options';
import { type LoadedIndex } from './loaded-index';
import { acknowledge, acknowledgeResource, acknowledgeWildcard } from '../../internal/acknowledge';
import { ServiceRole } from '../../internal/handler-role';
import { letServiceUse } from '../../internal/key-policy';
import { CalledService } from '../../posture';
import { type Build } from '../../posture/build';

export interface CorpusJobProps extends CorpusOptions {
  readonly index: LoadedIndex;
  readonly build: Build;
}

const WORKERS = 10;
const LONGEST = Duration.days(2);
/** Where documents of a corpus lie, behind the prefix of all documents. */
const FOLDER = 'corpus/';

/** A job of Spark that makes documents of the records of a corpus. */
export class CorpusJob extends Construct {
  public readonly jobName: string;
  public readonly jobArn: string;
  /** What the keys of its documents begin with. */
  public readonly target: string;

  constructor(scope: Construct, id: string, private readonly props: CorpusJobProps) {
    super(scope, id);
    this.target = `${props.index.documents.prefixes?.[0] ?? ''}${FOLDER}`;
    const role = new ServiceRole(this, 'Role', 'glue.amazonaws.com', { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } });
    const script = new Asset(this, 'Script', { path: join(__dirname, 'corpus.py') });
    const security = this.defineSecurity();
    const connection = this.defineConnection(role);
    this.letWork(role, script);
    const job = new glue.CfnJob(this, 'Job', {
      description: 'Makes documents of the records of a corpus',
      role: role.roleArn,
      command: { name: 'glueetl', pythonVersion: '3', scriptLocation: script.s3ObjectUrl },
      glueVersion: '5.0',
      workerType: 'G.1X',
      numberOfWorkers: props.workers ?? WORKERS,
      timeout: LONGEST.toMinutes(),
      maxRetries: 0,
      executionProperty: { maxConcurrentRuns: 1 },
      securityConfiguration: security.ref,
      connections: connection && { connections: [connection.ref] },
      defaultArguments: this.args(),
    });
    job.node.addDependency(role);
    this.jobName = job.ref;
    this.jobArn = Stack.of(this).formatArn({ service: 'glue', resource: 'job', resourceName: job.ref });
  }

  private args(): Record<string, string> {
    const { bucket, prefix = '', format, idColumn = 'id', textColumn = 'text', titleColumn = 'title', index } = this.props;
    return {
      '--job-language': 'python',
      '--enable-auto-scaling': 'true',
      '--job-bookmark-option': 'job-bookmark-enable',
      '--enable-metrics': 'true',
      '--enable-observability-metrics': 'true',
      '--enable-continuous-cloudwatch-log': 'true',
      '--corpus': `s3://${bucket.bucketName}/${prefix}`,
      '--format': format,
      '--id_column': idColumn,
      '--text_column': textColumn,
      '--title_column': titleColumn,
      '--fields': JSON.stringify(index.fields),
      '--target_bucket': index.documents.bucket.bucketName,
      '--target_prefix': this.target,
    };
  }

  private letWork(role: ServiceRole, script: Asset) {
    const { bucket, prefix = '', index: { documents }, build: { encryptionKey } } = this.props;
    const stack = Stack.of(this);
    const [corpus, made] = [bucket.arnForObjects(`${prefix}*`), documents.bucket.arnForObjects(`${this.target}*`)];
    const logs = stack.formatArn({ service: 'logs', resource: 'log-group', resourceName: '/aws-glue/*', arnFormat: ArnFormat.COLON_RESOURCE_NAME });
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['s3:GetObject'], resources: [corpus, script.bucket.arnForObjects(script.s3ObjectKey)] }));
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn] }));
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['s3:PutObject'], resources: [made] }));
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents', 'logs:AssociateKmsKey'], resources: [logs] }));
    acknowledgeWildcard(role, corpus, 'The files of the corpus, whose names are their authors\' to choose.');
    acknowledgeWildcard(role, made, 'The documents that are made, an object a record.');
    acknowledgeWildcard(role, logs, 'Glue writes to log groups of its own, whose names it chooses.');
    // Bookmarks Glue encrypts itself, in the name of the role.
    if (encryptionKey) role.addToPrincipalPolicy(new PolicyStatement({ actions: ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey'], resources: [encryptionKey.keyArn] }));
    for (const key of new Set([bucket.encryptionKey, documents.bucket.encryptionKey ?? encryptionKey])) if (key) role.allowEncryption(key, 's3');
    const metrics = new ManagedPolicy(role, 'Metrics', {
      roles: [role],
      statements: [new PolicyStatement({ actions: ['cloudwatch:PutMetricData'], resources: ['*'], conditions: { StringEquals: { 'cloudwatch:namespace': 'Glue' } } })],
    });
    acknowledge(metrics, 'AwsSolutions-IAM5[Resource::*]', 'CloudWatch has no resource to name in this action: the namespace is Glue\'s.');
  }

  /** How Glue encrypts what it writes of itself: logs and bookmarks. */
  private defineSecurity() {
    const { encryptionKey } = this.props.build;
    const kmsKeyArn = encryptionKey?.keyArn;
    const security = new glue.CfnSecurityConfiguration(this, 'Security', {
      name: Names.uniqueResourceName(this, { maxLength: 200, separator: '-' }),
      encryptionConfiguration: {
        s3Encryptions: [{ s3EncryptionMode: encryptionKey ? 'SSE-KMS' : 'SSE-S3', kmsKeyArn }],
        cloudWatchEncryption: { cloudWatchEncryptionMode: encryptionKey ? 'SSE-KMS' : 'DISABLED', kmsKeyArn },
        jobBookmarksEncryption: { jobBookmarksEncryptionMode: encryptionKey ? 'CSE-KMS' : 'DISABLED', kmsKeyArn },
      },
    });
    if (encryptionKey) {letGlueUse(this, encryptionKey);} else {
      acknowledge(this, 'AwsSolutions-GL1', 'Without a key of yours its logs are encrypted as CloudWatch encrypts all logs: give an encryptionKey, or Posture.regulated(), and they have that key.');
      acknowledge(this, 'AwsSolutions-GL3', 'Its bookmarks name files of the corpus, no more: give an encryptionKey, or Posture.regulated(), and they have that key.');
    }
    return security;
  }

  /** The way into the VPC of a posture that has one. Workers talk to each other: what they share lets itself in. */
  private defineConnection(role: ServiceRole) {
    const { posture } = this.props.build;
    const place = posture.placeFunction(this, [CalledService.S3, CalledService.GLUE, CalledService.LOGS, CalledService.MONITORING, CalledService.KMS]);
    if (!place) return undefined;
    const [securityGroup] = place.securityGroups;
    securityGroup.addIngressRule(securityGroup, ec2.Port.allTcp(), 'Workers of one job');
    securityGroup.addEgressRule(securityGroup, ec2.Port.allTcp(), 'Workers of one job');
    const [subnet] = place.vpc.selectSubnets(place.vpcSubnets).subnets;
    const connection = new glue.CfnConnection(this, 'Connection', {
      catalogId: Stack.of(this).account,
      connectionInput: {
        name: Names.uniqueResourceName(this, { maxLength: 200, separator: '-' }),
        connectionType: 'NETWORK',
        connectionProperties: {},
        physicalConnectionRequirements: {
          availabilityZone: subnet.availabilityZone, subnetId: subnet.subnetId, securityGroupIdList: [securityGroup.securityGroupId],
        },
      },
    });
    this.letNetwork(role, connection);
    return connection;
  }

  private letNetwork(role: ServiceRole, connection: glue.CfnConnection) {
    const stack = Stack.of(this);
    const glueArn = (resource: string, resourceName?: string) => stack.formatArn({ service: 'glue', resource, resourceName });
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['glue:GetConnection'], resources: [glueArn('catalog'), glueArn('connection', connection.ref)] }));
    const networking = new ManagedPolicy(role, 'Networking', {
      roles: [role],
      statements: [
        new PolicyStatement({
          actions: [
            'ec2:CreateNetworkInterface', 'ec2:DeleteNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets', 'ec2:DescribeSecurityGroups',
            'ec2:DescribeVpcEndpoints', 'ec2:DescribeRouteTables', 'ec2:DescribeVpcAttribute',
          ],
          resources: ['*'],
        }),
        new PolicyStatement({
          actions: ['ec2:CreateTags', 'ec2:DeleteTags'],
          resources: [stack.formatArn({ service: 'ec2', resource: 'network-interface', resourceName: '*' })],
          conditions: { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['aws-glue-service-resource'] } },
        }),
      ],
    });
    acknowledge(networking, 'AwsSolutions-IAM5[Resource::*]', 'Glue makes the network interfaces of its workers under this role, before they have a name.');
    acknowledgeResource(networking, stack.formatArn({ service: 'ec2', resource: 'network-interface', resourceName: '*' }), 'Glue marks the interfaces that it has made, and none but by its own tag.');
  }
}

/** Glue's logs are encrypted by CloudWatch, its bookmarks by itself in the name of the job's role. */
function letGlueUse(scope: CorpusJob, key: IKey) {
  const { region, account, partition } = Stack.of(scope);
  letServiceUse(scope, key, {
    sid: 'CloudWatchLogs',
    actions: ['kms:Encrypt*', 'kms:Decrypt*', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
    principals: [new ServicePrincipal(`logs.${region}.amazonaws.com`)],
    conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${account}:*` } },
  });
}
