/** A development SSO server, to try Runner's SSO path and to test it. Never for production: all is in memory. */
export { type RunningSso, type StartOptions, startSso } from "./sso-server.js";
