/** What the shield does with what it finds. */
export interface Policy {
  /** OBSERVE judges and changes nothing; BLOCK stops and redacts. */
  readonly mode: 'OBSERVE' | 'BLOCK'
  /** Score from which a call is stopped. */
  readonly threshold: number
  /** Score from which a call is marked for review. */
  readonly review: number
}

/** What holds on new data and wherever no policy is known. */
export const DEFAULT_POLICY: Policy = { mode: 'BLOCK', threshold: 60, review: 30 }
