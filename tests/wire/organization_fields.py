"""The members of answers about organizations, plans and accounts, as docs/contract/api.md §4.2 to §4.8 lists them."""

from __future__ import annotations


def members(text: str) -> frozenset[str]:
    """Return the names in a list of them."""
    return frozenset(text.split())


PLAN = members(
    """
    object type productTier name nameLocalizationKey descriptionLocalizationKey isAnnual canBeUsedByBusiness disabled
    trialPeriodDays legacyYear upgradeSortOrder displaySortOrder hasSelfHost hasPolicies hasGroups hasDirectory
    hasEvents hasTotp has2fa hasApi hasSso hasOrganizationDomains hasResetPassword usersGetPremium hasMyItems
    hasInviteLinks secretsManager passwordManager
    """
)
PASSWORD_MANAGER = members(
    """
    stripePlanId stripeSeatPlanId stripeProviderPortalSeatPlanId stripePremiumAccessPlanId stripeStoragePlanId
    basePrice seatPrice providerPortalSeatPrice premiumAccessOptionPrice additionalStoragePricePerGb allowSeatAutoscale
    hasAdditionalSeatsOption hasPremiumAccessOption hasAdditionalStorageOption baseSeats maxAdditionalSeats maxSeats
    baseStorageGb maxAdditionalStorage maxCollections
    """
)
SECRETS_MANAGER = members(
    """
    maxServiceAccounts baseServiceAccount maxAdditionalServiceAccount maxSeats maxAdditionalSeats
    additionalPricePerServiceAccount basePrice seatPrice baseSeats maxProjects stripeServiceAccountPlanId
    stripeSeatPlanId allowServiceAccountsAutoscale hasAdditionalServiceAccountOption hasAdditionalSeatsOption
    allowSeatAutoscale
    """
)
ORGANIZATION = members(
    """
    object id name businessName businessAddress1 businessAddress2 businessAddress3 businessCountry businessTaxNumber
    billingEmail plan secretsManagerPlan planType seats maxAutoscaleSeats maxCollections maxStorageGb smSeats
    smServiceAccounts maxAutoscaleSmSeats maxAutoscaleSmServiceAccounts usePolicies useSso useKeyConnector useScim
    useGroups useDirectory useEvents useTotp use2fa useApi useSecretsManager useResetPassword usersGetPremium
    useCustomPermissions selfHost hasPublicAndPrivateKeys usePasswordManager limitCollectionCreation
    limitCollectionDeletion limitItemDeletion allowAdminAccessToAllCollectionItems useRiskInsights
    useOrganizationDomains useAdminSponsoredFamilies useAutomaticUserConfirmation useDisableSmAdsForUsers
    usePhishingBlocker useMyItems useInviteLinks usePam
    """
)
SUBSCRIPTION_OF_ORGANIZATION = ORGANIZATION | members(
    """
    storageName storageGb expiration expirationWithoutGracePeriod subscription upcomingInvoice customerDiscount
    pendingAnnualUpgrade smServiceAccountsGrace exemptFromBillingAutomation
    """
)
SUBSCRIPTION = members(
    """
    trialStartDate trialEndDate periodStartDate periodEndDate cancelledDate suspensionDate unpaidPeriodEndDate
    cancelAtEndDate status cancelled collectionMethod gracePeriod items
    """
)
PERMISSIONS = members(
    """
    accessEventLogs accessImportExport accessReports createNewCollections editAnyCollection deleteAnyCollection
    manageGroups managePolicies manageSso manageUsers manageResetPassword manageScim manageAccessRules
    """
)
PROFILE_ORGANIZATION = members(
    """
    object id organizationUserId userId name enabled identifier productTierType status type key seats maxCollections
    maxStorageGb hasPublicAndPrivateKeys ssoBound ssoEnabled resetPasswordEnrolled userIsClaimedByOrganization
    providerId providerName providerType keyConnectorEnabled keyConnectorUrl ssoMemberDecryptionType permissions
    usePolicies useSso useKeyConnector useScim useGroups useDirectory useEvents useTotp use2fa useApi useResetPassword
    useSecretsManager usePasswordManager usersGetPremium useCustomPermissions useActivateAutofillPolicy
    useRiskInsights useOrganizationDomains useAdminSponsoredFamilies useAutomaticUserConfirmation
    useDisableSMAdsForUsers usePhishingBlocker useMyItems useInviteLinks usePam selfHost accessSecretsManager accessPam
    limitCollectionCreation limitCollectionDeletion limitItemDeletion allowAdminAccessToAllCollectionItems
    familySponsorshipFriendlyName familySponsorshipAvailable familySponsorshipLastSyncDate
    familySponsorshipValidUntil familySponsorshipToDelete isAdminInitiated
    """
)
PROFILE = members(
    """
    object id name email emailVerified premium premiumFromOrganization culture twoFactorEnabled key privateKey
    accountKeys securityStamp forcePasswordReset usesKeyConnector avatarColor creationDate verifyDevices organizations
    organizationsNew providers providerOrganizations
    """
)
SYNC = members("object profile folders collections ciphers policies policiesNew sends domains userDecryption")
