/** The subpath `sluice/node`: the file serving alone, for servers and frameworks on `node:http`. */
export {
  type FastifyFiles,
  type FastifyLike,
  type FastifyReplyLike,
  type FastifyRequestLike,
  fastifyFiles,
} from './fastify.js';
export {
  type FileListener,
  fileListener,
  type Next,
  type NodeListener,
  nodeListener,
} from './node.js';
