import { ArnFormat, Stack } from 'aws-cdk-lib';
import { type CfnKnowledgeBase } from 'aws-cdk-lib/aws-bedrock';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type Construct } from 'constructs';
import { type DataBinding } from './data-binding';
import { letEverywhere } from './let-everywhere';
import { type LoginBinding, RedshiftLogin } from './redshift-login';
import { acknowledgeWildcard } from '../../internal/acknowledge';
import { type ServiceRole } from '../../internal/handler-role';
import { requireMade, requirePattern } from '../../internal/validation';

/** Options of a `QueryEngine`. */
export interface QueryEngineOptions {
  /**
   * How the knowledge base logs in.
   *
   * @default RedshiftLogin.iam()
   */
  readonly login?: RedshiftLogin;
}

export interface EngineBuild {
  readonly role: ServiceRole;
  readonly data: DataBinding;
}

export interface EngineBinding {
  readonly configuration: CfnKnowledgeBase.RedshiftQueryEngineConfigurationProperty;
  readonly login: LoginBinding;
}

/**
 * What runs the queries that Bedrock writes. It must be in the Region of the stack.
 *
 * @example
 * const engine = QueryEngine.redshiftServerless('arn:aws:redshift-serverless:us-east-1:111122223333:workgroup/01234567-89ab-cdef-0123-456789abcdef');
 */
export abstract class QueryEngine {
  /**
   * A workgroup of Redshift Serverless, which is paid for while queries run.
   *
   * @param workgroupArn its ARN, such as `workgroup.attrWorkgroupWorkgroupArn` of a `CfnWorkgroup`
   * @param options how the knowledge base logs in
   */
  public static redshiftServerless(workgroupArn: string, options: QueryEngineOptions = {}): QueryEngine {
    return new Serverless(workgroupArn, options);
  }

  /**
   * A cluster of Redshift.
   *
   * @param clusterIdentifier its name, such as `cluster.ref` of a `CfnCluster`
   * @param options how the knowledge base logs in
   */
  public static redshiftCluster(clusterIdentifier: string, options: QueryEngineOptions = {}): QueryEngine {
    return new Provisioned(clusterIdentifier, options);
  }

  /** @internal */
  public abstract _bind(scope: Construct, build: EngineBuild): EngineBinding;
}

class Serverless extends QueryEngine {
  constructor(private readonly workgroupArn: string, private readonly options: QueryEngineOptions) {
    super();
  }

  public _bind(scope: Construct, { role, data }: EngineBuild): EngineBinding {
    const { workgroupArn } = this;
    requirePattern(scope, 'engine', workgroupArn, /^arn:[^:]+:redshift-serverless:[^:]+:\d{12}:workgroup\/[\w-]+$/,
      "a workgroup's ARN, such as arn:aws:redshift-serverless:us-east-1:111122223333:workgroup/01234567-89ab-cdef-0123-456789abcdef");
    letQuery(role, workgroupArn);
    const login = loginOf(scope, this.options)._bind(scope, {
      role,
      catalog: data.database === undefined,
      letIn: () => letDo(role, 'redshift-serverless:GetCredentials', workgroupArn),
    });
    return { configuration: { type: 'SERVERLESS', serverlessConfiguration: { workgroupArn, authConfiguration: login.auth } }, login };
  }
}

class Provisioned extends QueryEngine {
  constructor(private readonly clusterIdentifier: string, private readonly options: QueryEngineOptions) {
    super();
  }

  public _bind(scope: Construct, { role, data: { database } }: EngineBuild): EngineBinding {
    const { clusterIdentifier } = this;
    requirePattern(scope, 'engine', clusterIdentifier, /^(?!.*--)[a-z][a-z0-9-]{0,62}(?<!-)$/, "a cluster's name, 1 to 63 small letters, digits and single hyphens, beginning with a letter");
    const arn = (resource: string, name: string) => Stack.of(scope).formatArn({ service: 'redshift', resource, resourceName: name, arnFormat: ArnFormat.COLON_RESOURCE_NAME });
    letQuery(role, arn('cluster', clusterIdentifier));
    const databaseArn = arn('dbname', `${clusterIdentifier}/${database ?? '*'}`);
    const login = loginOf(scope, this.options)._bind(scope, {
      role,
      catalog: database === undefined,
      letIn: () => {
        letDo(role, 'redshift:GetClusterCredentialsWithIAM', databaseArn);
        if (database === undefined) acknowledgeWildcard(role, databaseArn, 'Tables of the Glue catalog are asked for in whichever database of the cluster the service takes.');
      },
      letInAs: (user) => letDo(role, 'redshift:GetClusterCredentials', arn('dbuser', `${clusterIdentifier}/${user}`), databaseArn),
    });
    return { configuration: { type: 'PROVISIONED', provisionedConfiguration: { clusterIdentifier, authConfiguration: login.auth } }, login };
  }
}

function loginOf(scope: Construct, { login = RedshiftLogin.iam() }: QueryEngineOptions): RedshiftLogin {
  requireMade(scope, 'engine.login', login, '_bind', 'RedshiftLogin, such as RedshiftLogin.iam()');
  return login;
}

/** Lets a role write queries, run them on an engine, and follow those that are its own. */
function letQuery(role: ServiceRole, engineArn: string) {
  letDo(role, 'redshift-data:ExecuteStatement', engineArn);
  letEverywhere(role, 'OwnStatements', ['redshift-data:CancelStatement', 'redshift-data:DescribeStatement', 'redshift-data:GetStatementResult'],
    'Statements have no name before they run: the condition leaves this role its own.', { StringEquals: { 'redshift-data:statement-owner-iam-userid': '${aws:userid}' } });
  letEverywhere(role, 'QueryWriting', [
    'bedrock:GenerateQuery',
    ...['DeleteSqlGenerationContext', 'GetSqlGenerationContext', 'GetSqlRecommendations', 'PutSqlGenerationContext'].map((action) => `sqlworkbench:${action}`),
  ], 'AWS documents these actions of a knowledge base that writes queries on every resource: they name none.');
}

function letDo(role: ServiceRole, action: string, ...resources: string[]) {
  role.addToPrincipalPolicy(new PolicyStatement({ actions: [action], resources }));
}
