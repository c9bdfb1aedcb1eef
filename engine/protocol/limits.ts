/** Numbers that both ends of a connection keep to. No schema library here: the page's bundle takes this file. */

/** Streams start with this much credit: event batches that may be in flight unread. */
export const INITIAL_CREDIT = 32;
/** No frame larger than this crosses a socket, in bytes of JSON. */
export const MAX_FRAME_BYTES = 16 * 1024 * 1024;
