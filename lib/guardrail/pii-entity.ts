/**
 * A kind of personal information that the service recognises.
 *
 * @example
 *
 * const iban = SensitiveInformation.pii(PiiEntity.INTERNATIONAL_BANK_ACCOUNT_NUMBER, { inputAction: FilterAction.BLOCK });
 */
export class PiiEntity {
  /** A postal address. */
  public static readonly ADDRESS = new PiiEntity('ADDRESS');
  /** A person's age. */
  public static readonly AGE = new PiiEntity('AGE');
  /** A person's name. */
  public static readonly NAME = new PiiEntity('NAME');
  /** An e-mail address. */
  public static readonly EMAIL = new PiiEntity('EMAIL');
  /** A telephone, fax or pager number. */
  public static readonly PHONE = new PiiEntity('PHONE');
  /** The name of an account. */
  public static readonly USERNAME = new PiiEntity('USERNAME');
  /** A password. */
  public static readonly PASSWORD = new PiiEntity('PASSWORD');
  /** The number of a driving licence. */
  public static readonly DRIVER_ID = new PiiEntity('DRIVER_ID');
  /** The number plate of a vehicle. */
  public static readonly LICENSE_PLATE = new PiiEntity('LICENSE_PLATE');
  /** The number that a vehicle was made with. */
  public static readonly VEHICLE_IDENTIFICATION_NUMBER = new PiiEntity('VEHICLE_IDENTIFICATION_NUMBER');
  /** The three or four digits that verify a payment card. */
  public static readonly CREDIT_DEBIT_CARD_CVV = new PiiEntity('CREDIT_DEBIT_CARD_CVV');
  /** The month in which a payment card expires. */
  public static readonly CREDIT_DEBIT_CARD_EXPIRY = new PiiEntity('CREDIT_DEBIT_CARD_EXPIRY');
  /** The number of a payment card. */
  public static readonly CREDIT_DEBIT_CARD_NUMBER = new PiiEntity('CREDIT_DEBIT_CARD_NUMBER');
  /** A four-digit personal number for a bank account. */
  public static readonly PIN = new PiiEntity('PIN');
  /** An IBAN. */
  public static readonly INTERNATIONAL_BANK_ACCOUNT_NUMBER = new PiiEntity('INTERNATIONAL_BANK_ACCOUNT_NUMBER');
  /** The code of a bank or branch. */
  public static readonly SWIFT_CODE = new PiiEntity('SWIFT_CODE');
  /** An IPv4 address. */
  public static readonly IP_ADDRESS = new PiiEntity('IP_ADDRESS');
  /** The address of a network interface. */
  public static readonly MAC_ADDRESS = new PiiEntity('MAC_ADDRESS');
  /** A web address. */
  public static readonly URL = new PiiEntity('URL');
  /** The id of an AWS access key. */
  public static readonly AWS_ACCESS_KEY = new PiiEntity('AWS_ACCESS_KEY');
  /** The secret of an AWS access key. */
  public static readonly AWS_SECRET_KEY = new PiiEntity('AWS_SECRET_KEY');
  /** The number of an account at a bank in the United States. */
  public static readonly US_BANK_ACCOUNT_NUMBER = new PiiEntity('US_BANK_ACCOUNT_NUMBER');
  /** The routing number of a bank in the United States. */
  public static readonly US_BANK_ROUTING_NUMBER = new PiiEntity('US_BANK_ROUTING_NUMBER');
  /** An individual's tax number in the United States. */
  public static readonly US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER = new PiiEntity('US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER');
  /** The number of a passport of the United States. */
  public static readonly US_PASSPORT_NUMBER = new PiiEntity('US_PASSPORT_NUMBER');
  /** A social security number in the United States. */
  public static readonly US_SOCIAL_SECURITY_NUMBER = new PiiEntity('US_SOCIAL_SECURITY_NUMBER');
  /** A health service number in Canada. */
  public static readonly CA_HEALTH_NUMBER = new PiiEntity('CA_HEALTH_NUMBER');
  /** A social insurance number in Canada. */
  public static readonly CA_SOCIAL_INSURANCE_NUMBER = new PiiEntity('CA_SOCIAL_INSURANCE_NUMBER');
  /** A National Health Service number in the United Kingdom. */
  public static readonly UK_NATIONAL_HEALTH_SERVICE_NUMBER = new PiiEntity('UK_NATIONAL_HEALTH_SERVICE_NUMBER');
  /** A national insurance number in the United Kingdom. */
  public static readonly UK_NATIONAL_INSURANCE_NUMBER = new PiiEntity('UK_NATIONAL_INSURANCE_NUMBER');
  /** A taxpayer's number in the United Kingdom. */
  public static readonly UK_UNIQUE_TAXPAYER_REFERENCE_NUMBER = new PiiEntity('UK_UNIQUE_TAXPAYER_REFERENCE_NUMBER');

  /**
   * A kind that has no name here yet.
   *
   * @param name the service's own name of it
   */
  public static of(name: string): PiiEntity {
    return new PiiEntity(name);
  }

  /**
   * @param name The service's own name of it.
   */
  private constructor(public readonly name: string) {}
}
