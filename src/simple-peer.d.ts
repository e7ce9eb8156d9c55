// The browser bundle of simple-peer brings its own Buffer and streams; the package's main file would need polyfills.
declare module "simple-peer/simplepeer.min.js" {
  import SimplePeer from "simple-peer";
  export default SimplePeer;
}
