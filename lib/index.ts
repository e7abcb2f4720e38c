/** The public API of sluice. The protocol core alone is `sluice/http`. */
export {
  type CacheStats,
  type CheckableSource,
  DEFAULT_CACHE_SIZE,
  type MemoryCache,
  memoryCache,
} from './cache/memory.js';
export {
  type ClusterEvent,
  type ClusterOptions,
  type ClusterServer,
  type ClusterStats,
  serveCluster,
  type WorkerCount,
} from './cluster/index.js';
export {
  type DirectoryServer,
  type DirectorySite,
  type DirectorySiteOptions,
  directorySite,
  type FilesMemory,
  type ServeDirectoryOptions,
  serveDirectory,
} from './compose.js';
export { HttpError } from './http/error.js';
export type { Fields } from './http/fields.js';
export type { RequestHead } from './http/head.js';
export type { HttpLimits } from './http/limits.js';
export { MessageBuffer } from './http/message-buffer.js';
export type { Piece, ReadOptions, Response, StreamedBody } from './http/response.js';
export {
  DEFAULT_LOAD_LIMIT,
  type LoadMode,
  type LoadStats,
  loadMode,
  type ServingMode,
} from './lab/load-mode.js';
export {
  type Endpoint,
  type InheritedEndpoint,
  parseEndpoint,
  type TcpEndpoint,
  type UnixEndpoint,
} from './listen/endpoint.js';
export type { LogFormat, RequestLogOptions } from './log/options.js';
export { logRequests, type RequestLog } from './log/request-log.js';
export { createMetrics, type Metrics } from './monitor/metrics.js';
export { createMonitor, type Monitor, type MonitorOptions } from './monitor/monitor.js';
export type { Subject } from './monitor/state-metrics.js';
export {
  type ErrorEvent,
  type ExchangeEvent,
  errorChannel,
  exchangeChannel,
} from './observe/channels.js';
export type { Family, Sample } from './observe/families.js';
export type { ExchangeProgress } from './server/exchange.js';
export type { Admission, ConnectionLimits, ServerOptions, Timeouts } from './server/options.js';
export { type Address, type CloseResult, createServer, type Server } from './server/server.js';
export type { ServerStats } from './server/stats.js';
export { allowedHostsLayer } from './site/allowed-hosts.js';
export { type AuthOptions, authLayer } from './site/auth.js';
export type { CodingOptions } from './site/coding/content-codings.js';
export { type CorsOrigins, corsLayer } from './site/cors.js';
export { createFileHandler, type FileHandlerOptions } from './site/file-handler.js';
export {
  type Answer,
  behind,
  type ExchangeContext,
  type Handler,
  type Layer,
  mapAnswer,
} from './site/handler.js';
export { type ResolvedPath, resolvePath } from './site/path.js';
export type { AddressOptions, TrailingSlash } from './site/paths/addresses.js';
export type { SubstituteOptions } from './site/paths/substitutes.js';
export type { SiteRules } from './site/rules/compile.js';
export {
  type HeaderRule,
  type Redirect,
  type Rewrite,
  RuleError,
  type RulesConfig,
} from './site/rules/config.js';
export { loadRules } from './site/rules/load.js';
export type { SecureOptions } from './site/secure.js';
export { type FieldLine, type FieldRules, fieldsLayer } from './site/set-fields.js';
export { type ChangeableSite, changeableSite, createSite, type SiteOptions } from './site/site.js';
export type { PoolStats } from './source/block-pool.js';
export {
  type DecodingMemory,
  type DecodingOptions,
  type DecodingSource,
  decoding,
} from './source/decoding.js';
export type { DecodedFormat, Verify } from './source/decoding-choices.js';
export { readKeys } from './source/decoding-keys.js';
export {
  type DirectoryMemory,
  type DirectoryOptions,
  type DirectorySource,
  directory,
} from './source/directory.js';
export {
  type Collection,
  type Entry,
  type Extent,
  type Opened,
  type OpenOptions,
  type Resource,
  type ResourcePath,
  SMALL_EXTENT,
  type Source,
  SourceError,
  type SourceErrorKind,
} from './source/source.js';
export {
  checkCredentials,
  readCredentials,
  type TlsCredentials,
} from './tls/credentials.js';
export { selfSigned } from './tls/self-signed.js';
