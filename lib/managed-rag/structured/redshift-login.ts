import { type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { type Construct } from 'constructs';
import { type ServiceRole } from '../../internal/handler-role';
import { fail, requirePattern } from '../../internal/validation';
import { credentialsArn, letReadSecret } from '../../rag/store-credentials';

/** Options of `RedshiftLogin.secret`. */
export interface SecretLoginOptions {
  /**
   * The database user that the secret holds, for `setupSql`.
   *
   * @default - unknown, and `setupSql` cannot be asked for
   */
  readonly username?: string;
}

/** What a login has to know of its engine. */
export interface LoginBuild {
  readonly role: ServiceRole;
  /** Lets the role log in as itself. */
  letIn(): void;
  /** Lets the role log in as a user of the database; absent where the engine has no such login. */
  readonly letInAs?: (user: string) => void;
  /** Whether data of the Glue catalog is asked, which knows roles alone. */
  readonly catalog: boolean;
}

export interface LoginBinding {
  readonly auth: { readonly type: string; readonly databaseUser?: string; readonly usernamePasswordSecretArn?: string };
  /** The database user, where it is known. */
  readonly user?: string;
  /** Whether the user is made for the role. */
  readonly own: boolean;
}

/** How a knowledge base logs in to Redshift. Whoever it logs in as sees what the database lets that user see, and no more. */
export abstract class RedshiftLogin {
  /** As its own role: the database user `IAMR:<role>`, without a password anywhere. `setupSql` says how it is made and what it needs. */
  public static iam(): RedshiftLogin {
    return new IamLogin();
  }

  /**
   * As a user whom the database has, with a password for the moment; for clusters.
   *
   * @param user the database user's name
   */
  public static databaseUser(user: string): RedshiftLogin {
    return new UserLogin(user);
  }

  /**
   * As a user whose password is kept in a secret.
   *
   * @param secret `username` and `password`
   * @param options what is known of the user
   */
  public static secret(secret: ISecret, options: SecretLoginOptions = {}): RedshiftLogin {
    return new SecretLogin(secret, options);
  }

  /** @internal */
  public abstract _bind(scope: Construct, build: LoginBuild): LoginBinding;
}

class IamLogin extends RedshiftLogin {
  public _bind(_scope: Construct, { role, letIn }: LoginBuild): LoginBinding {
    letIn();
    return { auth: { type: 'IAM' }, user: `IAMR:${role.roleName}`, own: true };
  }
}

class UserLogin extends RedshiftLogin {
  constructor(private readonly user: string) {
    super();
  }

  public _bind(scope: Construct, { letInAs, catalog }: LoginBuild): LoginBinding {
    const { user } = this;
    requirePattern(scope, 'engine.login', user, /^[^\s*?/:"]{1,127}$/, "a database user's name, 1 to 127 characters without blanks, quotes, '*', '?', '/' and ':'");
    if (!letInAs) return fail(scope, `'engine.login' must be RedshiftLogin.iam() or RedshiftLogin.secret(…) for Redshift Serverless, which gives no passwords for a moment, got RedshiftLogin.databaseUser('${user}')`);
    requireRole(scope, catalog, 'databaseUser');
    letInAs(user);
    return { auth: { type: 'USERNAME', databaseUser: user }, user, own: false };
  }
}

class SecretLogin extends RedshiftLogin {
  constructor(private readonly secret: ISecret, private readonly options: SecretLoginOptions) {
    super();
  }

  public _bind(scope: Construct, { role, catalog }: LoginBuild): LoginBinding {
    const usernamePasswordSecretArn = credentialsArn(scope, 'engine.login', this.secret);
    requireRole(scope, catalog, 'secret');
    letReadSecret(role, role, usernamePasswordSecretArn, this.secret.encryptionKey);
    return { auth: { type: 'USERNAME_PASSWORD', usernamePasswordSecretArn }, user: this.options.username, own: false };
  }
}

function requireRole(scope: Construct, catalog: boolean, login: string) {
  if (catalog) fail(scope, `'engine.login' must be RedshiftLogin.iam() for tables of Glue, whose catalog knows roles and no users of a database, got RedshiftLogin.${login}(…)`);
}
