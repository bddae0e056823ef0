/**
 * The public key that agents are shown as X-Instance-Identity: that of the controller whose answers were recorded, which is no more.
 * Nobody has its private half; practice agents do not ask for it.
 */
export const instanceIdentity = [
  'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA9u3CR4uLGT1ATlTDCfnkq8KiwpklxHzTS6781szWR+sc',
  'm+jO4GZtdwOYuOOGWR9u1JMM1XHJo2hadGBWtw0HgDDcOpEDaTsMbfxftzB5jcqRA1lD8HLC2mV2gg+eaFrQgeRq',
  'lI7I6jyzE/pHHKZos2oFwe7JrKCeMLlNCNF4C9mpKC8m75qWuxRcXG1KV36tU4+/i0mc6u0VVO31QVcslHaFXw5k',
  'S3R3th8QTqZOdtrZhiFO/IKzRjZdkD+zZ7aQ6PZ0Jv9BqiExqqdu2+59SRMhezUQWAIBKwf8riOr5lnRuTyTOaUC',
  'FgeeEjTiB1ZVN3+efiaTY0mHbhs4rrIKeQIDAQAB',
].join('')

/** Oldest remoting that Jenkins 2.498 lets in. */
export const minimumRemoting = '3107.v665000b_51092'
