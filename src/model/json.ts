/** Anything that JSON can hold. Plans, journals and reports are made of nothing else. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

/** A JSON object; objects made from outside data have no prototype. */
export interface JsonObject {
  readonly [key: string]: Json;
}
