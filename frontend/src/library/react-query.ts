// `cecelia-client/react-query`: invalidates the queries that events have put out of date.
export { useQueryInvalidation } from '../hooks/useQueryInvalidation';
export { boardRules, type InvalidationOptions, type InvalidationRule } from '../state/invalidation';
