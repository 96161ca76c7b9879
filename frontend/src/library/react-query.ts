// `cecelia-client/react-query`: has React Query fetch anew what events have put out of date.
export { useQueryInvalidation } from '../hooks/useQueryInvalidation';
export { boardRules, type InvalidationOptions, type InvalidationRule } from '../state/invalidation';
