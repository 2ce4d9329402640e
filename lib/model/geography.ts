/**
 * Where a cross-region inference profile may send a request. Data stays inside the geography; with `GLOBAL` it may go to any commercial Region.
 *
 * @example
 *
 * const model = Model.crossRegion(Geography.JP, 'amazon.nova-2-lite-v1:0');
 */
export class Geography {
  /** Any commercial Region: the most capacity and the lowest price. */
  public static readonly GLOBAL = new Geography('global');
  /** United States. */
  public static readonly US = new Geography('us');
  /** European Union and its neighbours. */
  public static readonly EU = new Geography('eu');
  /** Japan. */
  public static readonly JP = new Geography('jp');
  /** Australia and New Zealand. */
  public static readonly AU = new Geography('au');
  /** India. */
  public static readonly IN = new Geography('in');
  /** Canada. */
  public static readonly CA = new Geography('ca');
  /** Asia Pacific. Newer models use `JP`, `AU` or `IN` instead. */
  public static readonly APAC = new Geography('apac');
  /** AWS GovCloud (US). */
  public static readonly US_GOV = new Geography('us-gov');

  /**
   * A geography that has no name here yet.
   *
   * @param prefix what stands before the model's id in the profile's id, without the dot
   */
  public static of(prefix: string): Geography {
    return new Geography(prefix);
  }

  /**
   * @param prefix What stands before the model's id in the profile's id, such as `us`.
   */
  private constructor(public readonly prefix: string) {}
}
