// `cecelia-client/vue`: an execution, for Vue 3.
export { useExecution, type ExecutionOptions, type ExecutionRefs } from '../vue/useExecution';
export { default as ExecutionStatus } from '../vue/ExecutionStatus.vue';
