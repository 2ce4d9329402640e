import { Aws, type Duration, Stack } from 'aws-cdk-lib';
import { CfnDataSource, CfnKnowledgeBase } from 'aws-cdk-lib/aws-bedrock';
import { Construct } from 'constructs';
import { type QueryEngine } from './query-engine';
import { guidanceOf, type QueryGuidance } from './query-guidance';
import { type LoginBinding } from './redshift-login';
import { type StructuredData } from './structured-data';
import { ServiceRole } from '../../internal/handler-role';
import { nameUnlikeAnyOther } from '../../internal/physical-name';
import { type DeployedSource } from '../knowledge-base';

export interface SqlBaseProps {
  readonly engine: QueryEngine;
  readonly data: StructuredData;
  readonly guidance: QueryGuidance;
  readonly queryTimeout: Duration;
}

/** A knowledge base of Bedrock over a database, with its role and what it knows of the tables. */
export class SqlBase extends Construct {
  public readonly role: ServiceRole;
  public readonly base: CfnKnowledgeBase;
  public readonly login: LoginBinding;
  /** Whether tables are Glue's. */
  public readonly catalog: boolean;
  /** What tables and columns there are, which is read by a job as documents are. */
  public readonly metadata: DeployedSource;

  constructor(scope: Construct, id: string, { engine, data, guidance, queryTimeout }: SqlBaseProps) {
    super(scope, id);
    this.role = this.defineRole();
    const stored = data._bind(this, this.role);
    const { configuration, login } = engine._bind(this, { role: this.role, data: stored });
    this.login = login;
    this.catalog = stored.database === undefined;
    this.base = this.defineBase({ queryEngineConfiguration: configuration, storageConfigurations: [stored.storage] }, {
      executionTimeoutSeconds: queryTimeout.toSeconds(),
      generationContext: guidanceOf(this, guidance, stored),
    });
    this.metadata = this.defineMetadata();
  }

  /** Bedrock takes the role for knowledge bases of this account and for nothing else. */
  private defineRole() {
    return new ServiceRole(this, 'Role', 'bedrock.amazonaws.com', {
      StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
      ArnLike: { 'aws:SourceArn': `arn:${Aws.PARTITION}:bedrock:${Aws.REGION}:${Aws.ACCOUNT_ID}:knowledge-base/*` },
    });
  }

  private defineBase(redshift: CfnKnowledgeBase.RedshiftConfigurationProperty, writing: CfnKnowledgeBase.QueryGenerationConfigurationProperty) {
    const base = new CfnKnowledgeBase(this, 'Base', {
      // What helps to write queries may be changed: another engine or other data is another knowledge base.
      name: this.nameOf(this, redshift),
      description: `Knowledge of ${this.node.path}`.slice(0, 200),
      roleArn: this.role.roleArn,
      knowledgeBaseConfiguration: { type: 'SQL', sqlKnowledgeBaseConfiguration: { type: 'REDSHIFT', redshiftConfiguration: { ...redshift, queryGenerationConfiguration: writing } } },
    });
    base.node.addDependency(this.role);
    return base;
  }

  private defineMetadata(): DeployedSource {
    // Named as sources of documents are: by that beginning of its logical id its deletion is heard of, and its job ended.
    const scope = new Construct(this, 'Source1');
    const configuration = { type: 'REDSHIFT_METADATA' };
    const dataSource = new CfnDataSource(scope, 'Source', {
      knowledgeBaseId: this.base.attrKnowledgeBaseId,
      name: this.nameOf(scope, configuration),
      dataSourceConfiguration: configuration,
    });
    // It reads under the role until it is gone.
    dataSource.node.addDependency(this.role);
    return { configuration, dataSource, crawled: true };
  }

  /** CloudFormation makes what replaces a resource before it deletes the old one: the two must not have one name. */
  private nameOf(scope: Construct, settled: unknown) {
    return nameUnlikeAnyOther(scope, Stack.of(this).resolve(settled), { separator: '-', maxLength: 100 });
  }
}
