// The equation of the signature rule in script, to be fetched where the platform does not compute it.
export { equationHolds } from "../../crdt/index.ts";
