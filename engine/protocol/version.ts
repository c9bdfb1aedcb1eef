/**
 * What both ends of a connection say first. Knows nothing about transports.
 * Unequal protocol versions are refused with a sentence that says both.
 */
export const PROTOCOL_VERSION = 1;
export const APP_VERSION = "0.1.0";
