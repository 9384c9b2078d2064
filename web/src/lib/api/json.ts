/** JSON whose numbers keep their digits, also those that a double rounds. */

/** So many significant digits come back from a double as they were. */
const DIGITS_HELD = 15;

/** Whether there may be a number of more digits than that. */
const LONG = new RegExp(`\\d(?:\\.?\\d){${DIGITS_HELD}}`);

/** What a reviver is told beside the value, where the browser can. */
interface Context {
  source?: string;
}

type Reviver = (this: unknown, key: string, value: unknown, context?: Context) => unknown;

/** A number with all its digits, and the nearest double. */
export class LongNumber {
  constructor(readonly digits: string) {}

  valueOf(): number {
    return Number(this.digits);
  }

  toString(): string {
    return this.digits;
  }

  /** As it was written. */
  toJSON(): unknown {
    const { rawJSON } = JSON as { rawJSON?: (text: string) => unknown };
    return rawJSON ? rawJSON(this.digits) : this.valueOf();
  }
}

/** Parses JSON; a number that a double rounds is a `LongNumber` where the browser tells its text. */
export function parseJson(text: string): unknown {
  return isLong(text) ? JSON.parse(text, keepDigits as Reviver) : JSON.parse(text);
}

/** Whether there may be numbers in it that a double rounds. */
export function isLong(text: string): boolean {
  return LONG.test(text);
}

/** The value of a number, or all its digits; a reviver that is told what was written. */
export function keepDigits(_key: string, value: unknown, context?: Context): unknown {
  const source = context?.source;
  if (typeof value !== 'number' || source === undefined || isHeld(value, source)) return value;
  return new LongNumber(source);
}

function isHeld(value: number, source: string): boolean {
  const digits = significant(source);
  return digits.length <= DIGITS_HELD || digits === significant(String(value));
}

/** The digits of a number from the first that is not zero to the last. */
function significant(number: string): string {
  const [mantissa = ''] = number.toLowerCase().split('e');
  return mantissa.replace(/[^0-9]/g, '').replace(/^0+|0+$/g, '');
}
