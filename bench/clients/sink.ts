/** What comes is read into one buffer that all clients of a process share, and dropped. */
export const SINK: Buffer = Buffer.allocUnsafeSlow(262_144);
