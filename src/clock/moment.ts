/**
 * Names a moment within which things count as looked at at once, so that what
 * one of them was told may be told to the others. To be compared, no more; how
 * long a moment lasts is up to who names it.
 */
export type Moment = symbol;
